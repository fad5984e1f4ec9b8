use super::*;

/// Pinyin with tones of the Chinese characters of `text`.
#[track_caller]
fn check(text: &str, expected: &str) {
    let said: Vec<String> = syllables(text).iter().map(Syllable::to_string).collect();
    assert_eq!(said.join(" "), expected, "{text}");
}

#[track_caller]
fn check_plain(text: &str, expected: &str) {
    assert_eq!(plain(text), expected);
}

#[test]
fn polyphones_of_the_telephone() {
    check("请重复一遍", "qing3 chong2 fu4 yi1 bian4");
    check("很重要", "hen3 zhong4 yao4");
    check("银行卡行不行", "yin2 hang2 ka3 xing2 bu4 xing2");
    check("还有话费要还款", "hai2 you3 hua4 fei4 yao4 huan2 kuan3");
    check("长途生长", "chang2 tu2 sheng1 zhang3");
    check("我了解了", "wo3 liao3 jie3 le5");
    check("上不了网", "shang4 bu4 liao3 wang3");
    check("太便宜了", "tai4 pian2 yi5 le5");
    check("都不方便", "dou1 bu4 fang1 bian4");
    check("查流量", "cha2 liu2 liang4");
    check("测量数据", "ce4 liang2 shu4 ju4");
    check("打折", "da3 zhe2");
    check("你得等着", "ni3 dei3 deng3 zhe5");
    check("觉得着急", "jue2 de5 zhao2 ji2");
    check("调查调整", "diao4 cha2 tiao2 zheng3");
    check("应该答应", "ying1 gai1 da1 ying5");
    check("只有一只", "zhi3 you3 yi1 zhi1");
    check("因为认为", "yin1 wei4 ren4 wei2");
    check("尽快处理", "jin3 kuai4 chu3 li3");
    check("更换套餐更好", "geng1 huan4 tao4 can1 geng4 hao3");
    check("空调有空", "kong1 tiao2 you3 kong4");
    check("率先提高速率", "shuai4 xian1 ti2 gao1 su4 lv4");
}

#[test]
fn prompts() {
    check("您好，这里是听说电信", "nin2 hao3 zhe4 li3 shi4 ting1 shuo1 dian4 xin4");
    check("请问有什么可以帮您？", "qing3 wen4 you3 shen2 me5 ke3 yi3 bang1 nin2");
    check("幺三八，零零零零，幺二三四", "yao1 san1 ba1 ling2 ling2 ling2 ling2 yao1 er4 san1 si4");
    check("这个问题我请同事帮您处理", "zhe4 ge5 wen4 ti2 wo3 qing3 tong2 shi4 bang1 nin2 chu3 li3");
}

#[test]
fn every_reading_in_our_tables_is_well_formed() {
    for file in [include_str!("readings.tsv"), include_str!("phrases.tsv")] {
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let (phrase, sounds) = line.split_once('\t').expect(line);
            assert_eq!(phrase.chars().count(), sounds.split(' ').count(), "{line}");
            assert!(sounds.split(' ').all(|sound| syllable_from_pinyin(sound).is_some()), "{line}");
        }
    }
}

#[test]
fn latin_words_stay() {
    check_plain("查 huafei", "cha huafei");
    check_plain("开通5G套餐", "kai tong 5g tao can");
    check_plain("Wi-Fi，连不上", "wi fi lian bu shang");
    check_plain("", "");
    assert_eq!(sounds("a你"), vec![Sound::Other('a'), Sound::Syllable { character: '你', syllable: syllable_from_pinyin("ni3").unwrap() }]);
}

proptest::proptest! {
    #[test]
    fn one_sound_a_character(text in "[一-龥a-z0-9，。 ]{0,24}") {
        proptest::prop_assert_eq!(sounds(&text).len(), text.chars().count());
    }
}

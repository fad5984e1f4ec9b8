//! A flow's graph as SVG, for a browser, a document or a wall.

use super::layout::{Arrow, Layout, Point, Size, layout};
use super::lettering::{width, wrap};
use super::wording::{label, level_name, readable};
use crate::dialog::graph::{Edge, Graph, Node, Way, Words};
use crate::text::Lang;
use std::fmt::Write;

const TEXT: f64 = 13.0;
const SMALL: f64 = 11.0;
const LINE: f64 = 18.0;
const SMALL_LINE: f64 = 15.0;
const PADDING: f64 = 12.0;
const WIDEST_TEXT: f64 = 196.0;
const MOST_LINES: usize = 3;
const MARGIN: f64 = 32.0;
const TITLE: f64 = 44.0;
const INK: &str = "#1f2933";
const PALE_INK: &str = "#616e7c";
const ARROW: &str = "#7b8794";
const FONTS: &str = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',sans-serif";

/// What a box says, before it is placed.
struct Card {
    /// What the step does, as a badge, and its name.
    badge: &'static str,
    name: String,
    lines: Vec<Line>,
    look: Look,
    size: Size,
}

struct Line {
    text: String,
    is_small: bool,
}

/// Fill and frame.
#[derive(Clone, Copy)]
struct Look {
    fill: &'static str,
    frame: &'static str,
    corner: f64,
}

const SAYS: Look = Look { fill: "#f0f6ff", frame: "#7aa7e0", corner: 10.0 };
const ASKS: Look = Look { fill: "#fff8e6", frame: "#dfae3c", corner: 10.0 };
const DECIDES: Look = Look { fill: "#f5f7fa", frame: "#9aa5b1", corner: 3.0 };
const LOOKS_UP: Look = Look { fill: "#edfaf3", frame: "#57ae80", corner: 3.0 };
const CHANGES: Look = Look { fill: "#fdeeee", frame: "#d64545", corner: 3.0 };
const HANDS_OVER: Look = Look { fill: "#f6effc", frame: "#9446ce", corner: 18.0 };
const BEGINS: Look = Look { fill: "#323f4b", frame: "#323f4b", corner: 18.0 };
const ENDS: Look = Look { fill: "#ffffff", frame: "#7b8794", corner: 15.0 };

/// All graphs, one below the other.
pub fn svg(graphs: &[Graph], lang: Lang) -> String {
    let mut body = String::new();
    let (mut y, mut widest) = (MARGIN, 360.0_f64);
    for graph in graphs {
        let (drawn, size) = one(graph, lang);
        let _ = write!(body, "<g transform=\"translate({MARGIN:.0} {y:.0})\">\n{drawn}</g>\n");
        y += size.height + MARGIN * 1.5;
        widest = widest.max(size.width);
    }
    let (width, height) = (widest + 2.0 * MARGIN, y - MARGIN * 0.5);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"{FONTS}\" font-size=\"{TEXT}\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0.8 L10 5 L0 9.2 z\" fill=\"{ARROW}\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn one(graph: &Graph, lang: Lang) -> (String, Size) {
    let cards: Vec<Card> = graph.nodes.iter().map(|node| card(node, lang)).collect();
    let sizes: Vec<Size> = cards.iter().map(|card| card.size).collect();
    let bundles = bundled(&graph.edges);
    let labels: Vec<String> = bundles.iter().map(|bundle| bundle_label(bundle, lang)).collect();
    let arrow = |(bundle, label): (&Bundle, &String)| Arrow { from: bundle.from, to: bundle.to, label: label_width(label) };
    let arrows: Vec<Arrow> = bundles.iter().zip(&labels).map(arrow).collect();
    let placed = layout(&sizes, &arrows);
    let mut out = String::new();
    let title = escape(&graph.flow);
    let _ =
        writeln!(out, "<title>{title}</title>\n<text x=\"0\" y=\"18\" font-size=\"18\" font-weight=\"bold\" fill=\"{INK}\">{title}</text>");
    let _ = writeln!(out, "<g transform=\"translate(0 {TITLE:.0})\">");
    for (n, bundle) in bundles.iter().enumerate() {
        draw_arrow(&mut out, &placed, n, bundle, &sizes);
    }
    for (card, corner) in cards.iter().zip(&placed.corners) {
        draw_card(&mut out, card, *corner);
    }
    for (n, text) in labels.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        if let Some(at) = placed.courses.get(n).and_then(|course| label_place(course)) {
            draw_label(&mut out, text, at);
        }
    }
    out.push_str("</g>\n");
    (out, Size { width: placed.width.max(width(&graph.flow, 18.0)), height: placed.height + TITLE })
}

/// Ways that lead from one step to the same other one; they share an arrow.
struct Bundle<'a> {
    from: usize,
    to: usize,
    ways: Vec<&'a Way>,
}

fn bundled(edges: &[Edge]) -> Vec<Bundle<'_>> {
    let mut bundles: Vec<Bundle<'_>> = Vec::new();
    for edge in edges {
        match bundles.iter_mut().find(|bundle| (bundle.from, bundle.to) == (edge.from, edge.to)) {
            Some(bundle) => bundle.ways.push(&edge.way),
            None => bundles.push(Bundle { from: edge.from, to: edge.to, ways: vec![&edge.way] }),
        }
    }
    bundles
}

/// When one of several ways is the ordinary one, that is said too.
fn bundle_label(bundle: &Bundle<'_>, lang: Lang) -> String {
    let name = |way: &&Way| match (way, lang) {
        (Way::Next, Lang::Zh) => "成功".to_owned(),
        (Way::Next, Lang::En) => "done".to_owned(),
        (way, _) => label(way, lang),
    };
    match (bundle.ways.as_slice(), lang) {
        ([way], _) => label(way, lang),
        (ways, Lang::Zh) => ways.iter().map(name).collect::<Vec<_>>().join("、"),
        (ways, Lang::En) => ways.iter().map(name).collect::<Vec<_>>().join(" or "),
    }
}

fn card(node: &Node, lang: Lang) -> Card {
    let zh = lang == Lang::Zh;
    let word = |chinese: &'static str, english: &'static str| if zh { chinese } else { english };
    let said = |words: &Words| lines(&readable(&words.text), false);
    let named = |intro: &str, words: &Words| lines(&format!("{intro}{}", readable(&words.text)), true);
    match node {
        Node::Start { wishes } => made("", String::new(), lines(&wishes.join(word("、", ", ")), false), BEGINS),
        Node::Say(words) => made(word("说", "say"), words.prompt.clone(), said(words), SAYS),
        Node::Ask { slot, question, confirmation } => {
            let mut text = said(question);
            text.extend(confirmation.iter().flat_map(|words| named(word("复述：", "read back: "), words)));
            made(word("问", "ask"), slot.clone(), text, ASKS)
        }
        Node::Choose(words) => made(word("是否", "yes or no"), words.prompt.clone(), said(words), ASKS),
        Node::Branch { condition } => made(word("如果", "if"), String::new(), lines(condition, false), DECIDES),
        Node::Verify { level, question } => made(word("核对身份", "verify"), level_name(*level, lang).to_owned(), said(question), CHANGES),
        Node::LookUp { operation, left_to_the_service } => {
            made(word("查询", "look up"), operation.clone(), left(left_to_the_service, lang), LOOKS_UP)
        }
        Node::Change { operation, level, verification, consent, left_to_the_service } => {
            let proof = level_name(*level, lang);
            let mut text = match lang {
                Lang::Zh => named(&format!("核对身份（{proof}）："), verification),
                Lang::En => named(&format!("verifies ({proof}): "), verification),
            };
            text.extend(named(word("同意：", "consent: "), consent));
            text.extend(left(left_to_the_service, lang));
            made(word("办理", "change"), operation.clone(), text, CHANGES)
        }
        Node::WorkOrder { class } => made(word("工单", "work order"), class.clone(), Vec::new(), LOOKS_UP),
        Node::Notify(words) => made(word("通知", "notify"), words.prompt.clone(), said(words), LOOKS_UP),
        Node::Survey(survey) => made(word("评分", "survey"), survey.clone(), Vec::new(), LOOKS_UP),
        Node::Concludes(name) => made(word("结果", "outcome"), name.clone(), Vec::new(), LOOKS_UP),
        Node::GoesOver { wish } => made(word("转到", "goes over to"), wish.clone(), Vec::new(), HANDS_OVER),
        Node::Transfer(words) => made(word("转人工", "to a person"), String::new(), said(words), HANDS_OVER),
        Node::Set { names } => made(word("记下", "set"), names.join(", "), Vec::new(), DECIDES),
        Node::Forget(slot) => made(word("忘掉", "forget"), slot.clone(), Vec::new(), DECIDES),
        Node::End => made("", String::new(), lines(word("结束", "end"), true), ENDS),
    }
}

/// What the service does about answers that the flow has no steps for.
fn left(ways: &[Way], lang: Lang) -> Vec<Line> {
    if ways.is_empty() {
        return Vec::new();
    }
    let short = |way: &Way| match (way, lang) {
        (Way::Refused(_), Lang::Zh) => "拒绝".to_owned(),
        (Way::Refused(_), Lang::En) => "refused".to_owned(),
        (other, _) => label(other, lang),
    };
    let names: Vec<String> = ways.iter().map(short).collect();
    let text = match lang {
        Lang::Zh => format!("{}：由系统说明并另想办法", names.join("、")),
        Lang::En => format!("{}: the service offers a way out", names.join(", ")),
    };
    lines(&text, true)
}

fn lines(text: &str, is_small: bool) -> Vec<Line> {
    let size = if is_small { SMALL } else { TEXT };
    wrap(text, size, WIDEST_TEXT, MOST_LINES).into_iter().map(|text| Line { text, is_small }).collect()
}

fn made(badge: &'static str, name: String, lines: Vec<Line>, look: Look) -> Card {
    let head = if badge.is_empty() { 0.0 } else { badge_width(badge) + if name.is_empty() { 0.0 } else { 8.0 + width(&name, SMALL) } };
    let widest = lines.iter().map(|line| width(&line.text, line.size())).fold(head, f64::max);
    let text: f64 = lines.iter().map(Line::height).sum();
    let header = if badge.is_empty() { 0.0 } else { LINE + if lines.is_empty() { 0.0 } else { 4.0 } };
    let padding = if badge.is_empty() { 7.0 } else { PADDING - 2.0 };
    Card { badge, name, lines, look, size: Size { width: widest + 2.0 * PADDING, height: header + text + 2.0 * padding } }
}

impl Line {
    fn size(&self) -> f64 {
        if self.is_small { SMALL } else { TEXT }
    }

    fn height(&self) -> f64 {
        if self.is_small { SMALL_LINE } else { LINE }
    }
}

fn badge_width(badge: &str) -> f64 {
    width(badge, SMALL) + 12.0
}

fn draw_card(out: &mut String, card: &Card, corner: Point) {
    let Look { fill, frame, corner: radius } = card.look;
    let is_dark = card.badge.is_empty() && fill == BEGINS.fill;
    let Size { width: w, height: h } = card.size;
    let (x, y) = (corner.x, corner.y);
    let _ = writeln!(
        out,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{:.1}\" fill=\"{fill}\" stroke=\"{frame}\" stroke-width=\"1.4\"/>",
        radius.min(h / 2.0)
    );
    let mut line_y = y + PADDING - 2.0;
    if card.badge.is_empty() {
        line_y = y + 7.0;
    } else {
        let badge = badge_width(card.badge);
        let left = x + PADDING;
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{line_y:.1}\" width=\"{badge:.1}\" height=\"17\" rx=\"8.5\" fill=\"{frame}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{SMALL}\" fill=\"#ffffff\" text-anchor=\"middle\">{}</text>",
            left + badge / 2.0,
            line_y + 12.5,
            escape(card.badge)
        );
        if !card.name.is_empty() {
            let name = escape(&card.name);
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{SMALL}\" fill=\"{PALE_INK}\">{name}</text>",
                left + badge + 8.0,
                line_y + 12.5
            );
        }
        line_y += LINE + 4.0;
    }
    for line in &card.lines {
        let (size, text) = (line.size(), escape(&line.text));
        let ink = if is_dark {
            "#ffffff"
        } else if line.is_small {
            PALE_INK
        } else {
            INK
        };
        let baseline = line_y + line.height() - 4.5;
        let (at, anchor) = if card.badge.is_empty() { (x + w / 2.0, "middle") } else { (x + PADDING, "start") };
        let _ = writeln!(
            out,
            "<text x=\"{at:.1}\" y=\"{baseline:.1}\" font-size=\"{size}\" fill=\"{ink}\" text-anchor=\"{anchor}\">{text}</text>"
        );
        line_y += line.height();
    }
}

fn draw_arrow(out: &mut String, placed: &Layout, n: usize, bundle: &Bundle<'_>, sizes: &[Size]) {
    let mut path = String::new();
    if bundle.from == bundle.to {
        let (corner, size) = (placed.corners[bundle.from], sizes[bundle.from]);
        let (x, y) = (corner.x + size.width, corner.y + size.height / 2.0);
        let _ = write!(path, "M{x:.1} {:.1} c22 -8 22 24 0 16", y - 8.0);
    } else if let Some((first, rest)) = placed.courses[n].split_first() {
        let _ = write!(path, "M{:.1} {:.1}", first.x, first.y);
        let mut before = *first;
        for point in rest {
            if (point.x - before.x).abs() < 0.5 {
                let _ = write!(path, " L{:.1} {:.1}", point.x, point.y);
            } else {
                let middle = (before.y + point.y) / 2.0;
                let _ = write!(path, " C{:.1} {middle:.1} {:.1} {middle:.1} {:.1} {:.1}", before.x, point.x, point.x, point.y);
            }
            before = *point;
        }
    }
    let is_detour = |way: &&Way| matches!(way, Way::NotFound | Way::Refused(_) | Way::Unavailable | Way::Cancelled);
    let dashes = if bundle.ways.iter().all(is_detour) { " stroke-dasharray=\"5 4\"" } else { "" };
    let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{ARROW}\" stroke-width=\"1.4\"{dashes} marker-end=\"url(#tip)\"/>");
}

/// In the middle of the first stretch between two layers.
fn label_place(course: &[Point]) -> Option<Point> {
    let stretch = course.windows(2).find(|pair| (pair[0].y - pair[1].y).abs() > 40.0 || (pair[0].x - pair[1].x).abs() > 0.5);
    let [a, b] = stretch.or_else(|| course.windows(2).last())? else { return None };
    Some(Point { x: (a.x + b.x) / 2.0, y: (a.y + b.y) / 2.0 })
}

fn label_width(label: &str) -> f64 {
    if label.is_empty() { 0.0 } else { width(label, SMALL) + 8.0 }
}

fn draw_label(out: &mut String, text: &str, at: Point) {
    let wide = label_width(text);
    let _ = writeln!(
        out,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"15\" rx=\"3\" fill=\"#ffffff\" fill-opacity=\"0.92\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"{SMALL}\" fill=\"{INK}\" text-anchor=\"middle\">{}</text>",
        at.x - wide / 2.0,
        at.y - 7.5,
        at.x,
        at.y + 4.0,
        escape(text)
    );
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_cannot_break_the_file() {
        let words = Words { prompt: "a\"<b>".into(), text: "如果 <你> & \"我\"\u{1}".into() };
        let nodes = vec![Node::Start { wishes: vec!["<&>".into()] }, Node::Say(words)];
        let graph = Graph { flow: "x<y".into(), nodes, edges: vec![Edge { from: 0, to: 1, way: Way::Refused(vec!["a<b"]) }] };
        let drawn = svg(&[graph], Lang::Zh);
        assert!(roxmltree::Document::parse(&drawn).is_ok(), "{drawn}");
    }
}

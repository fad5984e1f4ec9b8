//! Prompts and expressions: typed values go into minijinja as objects that speak for themselves in the language and on
//! the day of the call, so `{{ bill.total }}` is read as money wherever it came from.

use super::flow::PromptId;
use crate::text::{Lang, Record, Value};
use jiff::civil::DateTime;
use minijinja::value::{Object, ObjectRepr, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Jinja};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// In whose ears, on which day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Manner {
    pub lang: Lang,
    pub now: DateTime,
}

/// Every wording of every prompt, compiled.
#[derive(Debug)]
pub(super) struct Prompts {
    environment: Environment<'static>,
    prompts: BTreeMap<PromptId, Prompt>,
}

#[derive(Debug)]
pub(super) struct Prompt {
    pub zh: Vec<String>,
    pub en: Vec<String>,
    pub barge_in: bool,
}

impl Prompt {
    pub fn wordings(&self, lang: Lang) -> &[String] {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

impl Prompts {
    pub fn new() -> Prompts {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_trim_blocks(true);
        for (name, form) in FORMS {
            environment.add_filter(*name, move |state: &minijinja::State<'_, '_>, value: Jinja| speak_as(*form, state, &value));
        }
        Prompts { environment, prompts: BTreeMap::new() }
    }

    /// Compiles one wording without keeping it; gives the variables it uses, nested names in dotted form.
    pub fn variables_of(&self, source: &str) -> Result<BTreeSet<String>, String> {
        let template = self.environment.template_from_str(source).map_err(|error| describe(&error))?;
        Ok(template.undeclared_variables(true).into_iter().collect())
    }

    /// The same for an expression.
    pub fn variables_of_expression(&self, source: &str) -> Result<BTreeSet<String>, String> {
        let expression = self.environment.compile_expression(source).map_err(|error| describe(&error))?;
        Ok(expression.undeclared_variables(true).into_iter().collect())
    }

    /// Keeps a prompt whose wordings compile.
    pub fn insert(&mut self, id: PromptId, prompt: Prompt) -> Result<(), String> {
        for lang in [Lang::Zh, Lang::En] {
            for (n, source) in prompt.wordings(lang).iter().enumerate() {
                self.environment.add_template_owned(template_name(&id, lang, n), source.clone()).map_err(|error| describe(&error))?;
            }
        }
        self.prompts.insert(id, prompt);
        Ok(())
    }

    #[cfg(test)]
    pub fn all(&self) -> impl Iterator<Item = (&PromptId, &Prompt)> {
        self.prompts.iter()
    }

    pub fn get(&self, id: &str) -> Option<&Prompt> {
        self.prompts.get(id)
    }

    /// The nth wording of a prompt, spoken.
    pub fn render(&self, id: &str, n: usize, variables: &Record, manner: Manner) -> Result<String, String> {
        let template = self.environment.get_template(&template_name(id, manner.lang, n)).map_err(|error| describe(&error))?;
        template.render(context(variables, manner)).map(|text| text.trim().to_owned()).map_err(|error| describe(&error))
    }

    pub fn evaluate(&self, source: &str, variables: &Record, manner: Manner) -> Result<Value, String> {
        let value = self.compute(source, variables, manner)?;
        from_jinja(&value).ok_or_else(|| format!("`{source}` has no value"))
    }

    pub fn holds(&self, source: &str, variables: &Record, manner: Manner) -> Result<bool, String> {
        Ok(self.compute(source, variables, manner)?.is_true())
    }

    fn compute(&self, source: &str, variables: &Record, manner: Manner) -> Result<Jinja, String> {
        let expression = self.environment.compile_expression(source).map_err(|error| describe(&error))?;
        expression.eval(context(variables, manner)).map_err(|error| describe(&error))
    }

    pub fn fixed(&self) -> Vec<(Lang, String)> {
        let wordings = |lang: Lang| {
            let all = self.prompts.values().flat_map(move |prompt| prompt.wordings(lang).iter());
            all.filter(|text| !text.contains("{{") && !text.contains("{%")).map(move |text| (lang, text.clone()))
        };
        wordings(Lang::Zh).chain(wordings(Lang::En)).collect()
    }
}

fn template_name(id: &str, lang: Lang, n: usize) -> String {
    format!("{id}/{lang}/{n}")
}

fn describe(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}

fn context(variables: &Record, manner: Manner) -> Jinja {
    let mut all: BTreeMap<String, Jinja> = variables.iter().map(|(name, value)| (name.clone(), to_jinja(value, manner))).collect();
    all.insert("now".into(), to_jinja(&Value::Moment(manner.now), manner));
    Jinja::from_iter(all)
}

/// A typed value inside a template.
#[derive(Debug)]
struct Spoken {
    value: Value,
    manner: Manner,
}

impl Object for Spoken {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    /// Plain numbers for conditions: `account.balance.fen < 0`, `now.hour >= 18`.
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let number = match (&self.value, key.as_str()?) {
            (Value::Money(money), "fen") => money.0,
            (Value::Volume(megabytes), "mb") => i64::try_from(*megabytes).ok()?,
            (Value::Minutes(minutes), "minutes") => i64::try_from(*minutes).ok()?,
            (Value::Month(month), "month") => month.month.into(),
            (Value::Month(month), "year") => month.year.into(),
            (Value::Moment(moment), "hour") => moment.hour().into(),
            _ => return None,
        };
        Some(Jinja::from(number))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value.spoken(self.manner.lang, self.manner.now.date()))
    }
}

fn to_jinja(value: &Value, manner: Manner) -> Jinja {
    match value {
        Value::Flag(flag) => Jinja::from(*flag),
        Value::Number(number) => Jinja::from(*number),
        Value::Text(text) => Jinja::from(text.clone()),
        Value::List(values) => Jinja::from_iter(values.iter().map(|value| to_jinja(value, manner))),
        Value::Record(record) => Jinja::from_iter(record.iter().map(|(name, value)| (name.clone(), to_jinja(value, manner)))),
        _ => Jinja::from_object(Spoken { value: value.clone(), manner }),
    }
}

fn from_jinja(value: &Jinja) -> Option<Value> {
    if let Some(spoken) = value.downcast_object_ref::<Spoken>() {
        return Some(spoken.value.clone());
    }
    Some(match value.kind() {
        ValueKind::Bool => Value::Flag(value.is_true()),
        ValueKind::Number => Value::Number(i64::try_from(value.clone()).ok()?),
        ValueKind::String => Value::Text(value.as_str()?.to_owned()),
        ValueKind::Seq => Value::List(value.try_iter().ok()?.map(|item| from_jinja(&item)).collect::<Option<_>>()?),
        ValueKind::Map => {
            let keys = value.try_iter().ok()?;
            Value::Record(
                keys.map(|key| Some((key.as_str()?.to_owned(), from_jinja(&value.get_item(&key).ok()?)?))).collect::<Option<_>>()?,
            )
        }
        _ => return None,
    })
}

/// Filters that insist on a type; a template that reads a month as money is a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Money,
    Date,
    Month,
    Digits,
    Phone,
    Volume,
    Minutes,
}

const FORMS: &[(&str, Form)] = &[
    ("money", Form::Money),
    ("date", Form::Date),
    ("month", Form::Month),
    ("digits", Form::Digits),
    ("phone", Form::Phone),
    ("volume", Form::Volume),
    ("minutes", Form::Minutes),
];

fn speak_as(form: Form, state: &minijinja::State<'_, '_>, value: &Jinja) -> Result<Jinja, Error> {
    let now = state.lookup("now").ok_or_else(|| Error::from(ErrorKind::UndefinedError))?;
    let manner = now.downcast_object_ref::<Spoken>().map(|now| now.manner).ok_or_else(|| Error::from(ErrorKind::UndefinedError))?;
    let found = from_jinja(value).ok_or_else(|| Error::from(ErrorKind::UndefinedError))?;
    let fits = match (&found, form) {
        (Value::Money(_), Form::Money)
        | (Value::Day(_) | Value::Moment(_), Form::Date)
        | (Value::Month(_), Form::Month)
        | (Value::Phone(_), Form::Phone)
        | (Value::Code(_) | Value::Digits(_), Form::Digits)
        | (Value::Volume(_), Form::Volume)
        | (Value::Minutes(_), Form::Minutes) => found,
        (Value::Number(number), Form::Digits) => Value::Code(number.to_string()),
        (Value::Text(text), Form::Digits) => Value::Code(text.clone()),
        _ => return Err(Error::new(ErrorKind::InvalidOperation, format!("cannot be read as {form:?}"))),
    };
    Ok(Jinja::from(fits.spoken(manner.lang, manner.now.date())))
}

// Semantic interpretation of one logical parse (SISR 1.0). Called with the grammar's files, the root rule as matched, and a
// function that is told which tag runs next; gives the root's value as JSON.
(function (files, root, begin) {
    // Built-in loops are not interrupted: what they may work on is bounded instead.
    var MOST = 10000;
    [Array.prototype, String.prototype].forEach(function (shared) {
        Object.getOwnPropertyNames(shared).forEach(function (name) {
            var native = shared[name];
            if (typeof native !== "function" || name === "constructor") return;
            Object.defineProperty(shared, name, {
                value: function () {
                    if (this !== null && this !== undefined && this.length > MOST)
                        throw new RangeError("more than " + MOST + " characters or elements");
                    return native.apply(this, arguments);
                },
                writable: true,
                configurable: true,
            });
        });
    });

    // Made in the global scope, so that scripts see nothing of this one. A file's header runs first; then every rule matched gets a scope
    // of its own below it, and its tags run there one by one.
    var scope = (0, eval)(
        "(function () { while (arguments[0].more()) eval(arguments[0].next());" +
            " return function* (out, rules, meta) { for (;;) eval(yield out); }; })"
    );
    var scopes = files.map(function (file) {
        if (!file.script) return null;
        var index = 0;
        return scope({
            more: function () { return index < file.header.length; },
            next: function () {
                begin(file.header[index].tag);
                return file.header[index++].content;
            },
        });
    });

    function evaluate(rule) {
        var initial = {}, out = initial, latest, latestMeta, referred = false, spoken = "";
        var rules = { latest: function () { return latest; } };
        var meta = {
            current: function () { return { text: spoken, score: rule.score }; },
            latest: function () { return latestMeta; },
        };
        var tags = null;
        for (var i = 0; i < rule.steps.length; i++) {
            var step = rule.steps[i];
            spoken = step.spoken;
            if (step.rule) {
                referred = true;
                latest = rules[step.rule.name] = evaluate(step.rule);
                latestMeta = meta[step.rule.name] = { text: step.rule.text, score: step.rule.score };
            } else if (files[rule.file].script) {
                if (!tags) {
                    tags = scopes[rule.file](initial, rules, meta);
                    tags.next();
                }
                begin(step.tag);
                out = tags.next(step.content).value;
            } else {
                out = step.content;
            }
        }
        // A rule whose tags say nothing means what the last rule in it means, or its words.
        var untouched = out === initial && Object.keys(out).length === 0;
        return untouched ? (referred ? latest : rule.text) : out;
    }
    return JSON.stringify(evaluate(root));
})

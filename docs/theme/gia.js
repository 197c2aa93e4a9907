// Colours of gia scripts in the book, by highlight.js, which mdBook brings along.
(function () {
    "use strict";
    hljs.registerLanguage("gia", function () {
        return {
            keywords: {
                keyword:
                    "use set fn experiment let model motif null construct query vary background sample arm factorial " +
                    "measure contrast expect report reference show where at in to step as and or not div mod until max per source " +
                    "across models beyond " +
                    "first top bottom of over between keeping without",
                literal: "true false none start center end control treated",
            },
            contains: [
                // The verb of a phrase, `embed CTCF at center`.
                { className: "keyword", begin: "^\\s*[a-z_]+(?=[ ]+[A-Za-z0-9\"(\\[])" },
                { className: "comment", begin: "#", end: "$" },
                { className: "string", begin: '"', end: '"', contains: [{ begin: "\\\\." }] },
                { className: "number", begin: "\\b[0-9][0-9_]*(\\.[0-9]+)?(e-?[0-9]+)?(bp|kb|Mb|%)?" },
                { className: "built_in", begin: "\\b[a-z_][a-z0-9_]*(?=\\()" },
            ],
        };
    });
    document.querySelectorAll("code[class*='language-gia']").forEach(function (block) {
        block.className = "language-gia";
        hljs.highlightBlock(block);
    });
})();

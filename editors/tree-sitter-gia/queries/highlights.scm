; Names by what they are for; the last pattern that matches a node wins.

(name) @variable

(comment) @comment
(doc_comment) @comment.documentation

(text) @string
(sequence) @string.special
(number) @number
(truth) @boolean

(type name: (name) @type)
(parameter name: (name) @variable.parameter)
(argument name: (name) @variable.parameter)
(call function: (name) @function.call)
(field name: (name) @property)
(list_item label: (name) @label)
(parts labels: (name) @label)

(function name: (name) @function)
(experiment name: (name) @function)
(arm name: (name) @function)
(binding name: (name) @constant)
(set name: (name) @property)
(use module: (name) @module)
(vary axis: (name) @variable.parameter)
(over axis: (name) @variable.parameter)
(contrast name: (name) @constant)
(outcome name: (name) @property)
(summary name: (name) @function.builtin)

["use" "set" "fn" "experiment" "let" "model" "motif" "null" "construct" "query" "attribution" "show" "top" "bottom" "of"] @keyword

[
  "vary" "background" "reference" "sample" "arm" "factorial" "measure" "contrast" "expect" "report" "in" "first"
  "until" "decided" "width" "max" "per" "source" "across" "models" "beyond" "where" "at" "as"
] @keyword

(arm_value) @keyword

(edit verb: _ @keyword.function)
(clause ["with" "preserving" "like" "by" "shifting"] @keyword.function)

["to" "step" "and" "or" "not" "div" "mod" "between" "over" "keeping" "without"] @keyword.operator

["=" "->" "+" "-" "*" "/" "^" "<" "<=" ">" ">=" "==" "!=" ".."] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter

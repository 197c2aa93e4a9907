// The grammar of gia for editors: lenient where that costs no colour. Line breaks and `;` are blanks here, since every
// declaration and statement begins with a word of its own; what a line may end with is checked by `gia check`.
//
// `tree-sitter generate --abi 15` makes src/ from this file.

const PREC = {
  or: 1,
  and: 2,
  not: 3,
  compare: 4,
  head: 5,
  to: 6,
  region: 7,
  add: 8,
  multiply: 9,
  minus: 10,
  power: 11,
  postfix: 12,
};

// Functions that make edits, as phrases begin with them, and the words of phrases.
const VERBS = [
  'embed', 'insert', 'delete', 'mutate', 'shuffle', 'randomize', 'disrupt', 'invert', 'move', 'swap', 'apply',
];
const WORDS = ['at', 'with', 'preserving', 'like', 'by', 'shifting'];

const listed = (rule) => seq(rule, repeat(seq(',', rule)));
const ended = (rule) => optional(seq(listed(rule), optional(',')));

module.exports = grammar({
  name: 'gia',

  word: ($) => $.name,

  extras: ($) => [/[\s;\uFEFF]/, $.comment, $.doc_comment],

  supertypes: ($) => [$._item, $._statement, $._expression],

  rules: {
    file: ($) => repeat($._item),

    comment: (_) => token(/#[^\n]*/),
    doc_comment: (_) => token(prec(1, /##[^\n]*/)),

    // Declarations

    _item: ($) => choice($.use, $.set, $.function, $.experiment, $.binding, $.show, $.expect),

    use: ($) => seq('use', choice($.text, field('module', $.name))),
    set: ($) => seq('set', field('name', $.name), '=', $._expression),
    function: ($) =>
      seq(
        'fn',
        field('name', $.name),
        $.parameters,
        optional(seq('->', $.type)),
        optional(seq('=', field('body', $._expression))),
      ),
    experiment: ($) => seq('experiment', field('name', $.name), $.block),
    show: ($) => seq('show', optional($.ranking), $._expression),
    ranking: ($) => seq(choice('top', 'bottom'), $._expression, 'of'),
    binding: ($) =>
      seq(
        choice('let', 'model', 'motif', 'null', 'construct', 'query', 'attribution', 'experiment'),
        field('name', $.name),
        '=',
        field('value', $._expression),
      ),

    parameters: ($) => seq('(', ended($.parameter), ')'),
    parameter: ($) =>
      seq(field('name', $.name), ':', $.type, optional(seq('=', $._expression))),
    type: ($) => seq(field('name', $.name), optional(seq('<', listed($.type), '>'))),

    // Experiments

    block: ($) => seq('{', repeat($._statement), '}'),

    _statement: ($) =>
      choice(
        $.vary,
        $.background,
        $.reference,
        $.sample,
        $.arm,
        $.edit,
        $.factorial,
        $.measure,
        $.contrast,
        $.expect,
        $.report,
        $.binding,
      ),

    vary: ($) =>
      seq('vary', field('axis', $.name), 'in', $._expression, optional(seq('where', $._expression))),
    background: ($) => seq('background', $._expression),
    reference: ($) => seq('reference', $._expression),
    sample: ($) =>
      seq('sample', choice($.until, seq($._expression, optional($.per_source)))),
    per_source: ($) => seq('per', 'source'),
    until: ($) =>
      seq('until', choice('decided', seq('width', '<', $._expression)), 'max', $._expression),
    arm: ($) => seq('arm', field('name', $.name), $.steps),
    steps: ($) => seq('{', repeat($._step), '}'),
    _step: ($) => choice($.edit, $._expression),
    factorial: ($) => seq('factorial', $._expression, 'at', $._expression),
    measure: ($) => seq('measure', listed($.outcome)),
    outcome: ($) => seq(optional(seq(field('name', $.name), '=')), $._expression),
    contrast: ($) => seq('contrast', field('name', $.name), '=', $._expression),
    expect: ($) =>
      seq(
        'expect',
        $._expression,
        optional($.across),
        optional($.beyond),
        optional(seq('where', $._expression)),
        optional(seq('at', $._expression)),
      ),
    across: (_) => seq('across', 'models'),
    beyond: ($) => seq('beyond', $._expression),
    report: ($) => seq('report', listed($.summary)),
    summary: ($) =>
      seq(
        field('name', $.name),
        optional(choice(seq('(', ended($.argument), ')'), seq('over', field('axis', $.name)), $.beyond)),
      ),

    // The verbs and words are listed, since a line break is a blank here: a name alone could as well begin the next step.
    edit: ($) =>
      choice(
        seq(field('verb', choice(...VERBS)), listed($._expression), repeat($.clause)),
        field('verb', 'reverse_complement'),
      ),
    clause: ($) => seq(choice(...WORDS), $._expression),

    // Expressions

    _expression: ($) =>
      choice(
        $.number,
        $.sequence,
        $.text,
        $.truth,
        $.name,
        $.list,
        $.map,
        $.group,
        $.experiment_value,
        $.arm_block,
        $.call,
        $.index,
        $.field,
        $.parts,
        $.unary,
        $.binary,
        $.range,
        $.region,
        $.between,
        $.over,
        $.head,
      ),

    unary: ($) =>
      choice(
        prec(PREC.minus, seq('-', $._expression)),
        prec(PREC.not, seq('not', $._expression)),
      ),

    binary: ($) => {
      const left = (level, first, ...others) =>
        prec.left(
          level,
          seq($._expression, others.length ? choice(first, ...others) : first, $._expression),
        );
      return choice(
        left(PREC.or, 'or'),
        left(PREC.and, 'and'),
        left(PREC.compare, '<', '<=', '>', '>=', '==', '!='),
        left(PREC.add, '+', '-'),
        left(PREC.multiply, '*', '/', 'div', 'mod'),
        prec.right(PREC.power, seq($._expression, '^', $._expression)),
      );
    },

    range: ($) =>
      prec.left(
        PREC.to,
        seq($._expression, 'to', $._expression, optional(seq('step', $._expression))),
      ),
    region: ($) => prec.left(PREC.region, seq($._expression, '..', $._expression)),
    between: ($) =>
      prec.left(
        PREC.compare,
        seq($._expression, 'between', $._expression, 'and', $._expression),
      ),
    head: ($) => prec.left(PREC.head, seq($._expression, 'first', $._expression)),
    over: ($) =>
      prec.left(PREC.compare, seq($._expression, 'over', field('axis', $.name))),

    call: ($) =>
      prec(
        PREC.postfix,
        seq(field('function', choice($._expression, $.arm_value)), '(', ended($.argument), ')'),
      ),
    arm_value: (_) => 'arm',
    argument: ($) => seq(optional(seq(field('name', $.name), ':')), $._expression),
    index: ($) => prec(PREC.postfix, seq($._expression, '[', $._expression, ']')),
    field: ($) => prec(PREC.postfix, seq($._expression, '.', field('name', $.name))),
    parts: ($) =>
      prec(
        PREC.postfix,
        seq($._expression, choice('keeping', 'without'), field('labels', $._labels)),
      ),
    _labels: ($) => choice($.name, seq('[', listed($.name), ']')),

    group: ($) => seq('(', $._expression, ')'),
    list: ($) => seq('[', ended($.list_item), ']'),
    list_item: ($) => seq($._expression, optional(seq('as', field('label', $.name)))),
    map: ($) => seq('{', ended($.map_entry), '}'),
    map_entry: ($) => seq(field('key', $._expression), ':', field('value', $._expression)),
    experiment_value: ($) => seq('experiment', $.block),
    arm_block: ($) => seq('arm', $.steps),

    truth: (_) => choice('true', 'false'),
    number: (_) =>
      token(/[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?(bp|kb|Mb|%)?/),
    text: (_) => token(/"([^"\\\n]|\\["\\nt])*"/),
    sequence: (_) => token(/(dna|rna)"([^"\\\n]|\\["\\nt])*"/),
    name: (_) => /[A-Za-z_][A-Za-z0-9_]*/,
  },
});

// Every script of the tree through the TextMate grammar: each character has a colour, and words, texts, numbers and
// comments have theirs. Prints what is wrong, and ends with 1 if anything is.

import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const textmate = require('vscode-textmate');
const oniguruma = require('vscode-oniguruma');

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const grammarFile = path.join(here, 'syntaxes/gia.tmLanguage.json');
const wasm = fs.readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));

await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () =>
    textmate.parseRawGrammar(fs.readFileSync(grammarFile, 'utf8'), grammarFile),
});
const grammar = await registry.loadGrammar('source.gia');

let wrong = 0;
function complain(place, what) {
  wrong += 1;
  console.error(`${place}: ${what}`);
}

/** The tokens of a text, line by line, each with its text and its innermost scope. */
function tokens(text) {
  let state = textmate.INITIAL;
  return text.split('\n').map((line) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    return result.tokens.map((token) => ({
      text: line.slice(token.startIndex, token.endIndex),
      scope: token.scopes.at(-1),
      scopes: token.scopes,
    }));
  });
}

const reserved = new Set(
  (
    'experiment arm measure expect where at in to step as and or not div mod true false'
  ).split(' '),
);

function scriptsBelow(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const found = path.join(folder, entry.name);
    if (entry.isDirectory()) return scriptsBelow(found);
    return entry.name.endsWith('.gia') ? [found] : [];
  });
}

/** Whether a script is recorded to break the grammar, beside it. */
function isWrong(script) {
  const recorded = script.replace(/\.gia$/, '.txt');
  return fs.existsSync(recorded) && fs.readFileSync(recorded, 'utf8').includes('error[E0001]');
}

let tried = 0;
for (const folder of ['experiments', 'stdlib', 'tests']) {
  for (const script of scriptsBelow(path.join(root, folder))) {
    if (isWrong(script)) continue;
    tried += 1;
    tokens(fs.readFileSync(script, 'utf8')).forEach((line, number) => {
      const place = `${path.relative(root, script)}:${number + 1}`;
      for (const { text, scope, scopes } of line) {
        const word = text.trim();
        const quiet = scopes.some((s) => s.startsWith('string') || s.startsWith('comment'));
        if (word && scope === 'source.gia') complain(place, `\`${word}\` has no colour`);
        if (!quiet && /["#]/.test(word)) complain(place, `\`${word}\` is no text and no comment`);
        if (!quiet && reserved.has(word) && !/^(keyword|constant\.language|entity\.name\.function)/.test(scope)) {
          complain(place, `\`${word}\` is ${scope}`);
        }
        if (!quiet && /^[0-9]/.test(word) && scope !== 'constant.numeric.gia') {
          complain(place, `\`${word}\` is ${scope}`);
        }
      }
    });
  }
}
if (tried < 300) complain('tests', `only ${tried} scripts were found`);

// Words that are words only where they stand, and the same words as names.
for (const [line, word, scope] of [
  ['    shuffle 1bp..9bp preserving 2', 'shuffle', 'keyword.other.edit.gia'],
  ['    arm a { left; delete 1bp..2bp shifting "left" }', 'delete', 'keyword.other.edit.gia'],
  ['    arm a { left; delete 1bp..2bp shifting "left" }', 'left', 'variable.other.gia'],
  ['    knock_out CTCF', 'knock_out', 'keyword.other.edit.gia'],
  ['    let gap = shuffle - 2', 'shuffle', 'variable.other.gia'],
  ['fn site(motif: Motif) = disrupt(motif)', 'motif', 'variable.parameter.gia'],
  ['    sample until width < 0.05 max 1000', 'width', 'keyword.control.gia'],
  ['    sample until width < 0.05 max 1000', 'max', 'keyword.control.gia'],
  ['    background peaks first 200', 'first', 'keyword.control.gia'],
  ['show top 10 of pairs.effect', 'top', 'keyword.control.gia'],
  ['show top 10 of pairs.effect', 'of', 'keyword.control.gia'],
  ['    expect effect over gap > 1', 'over', 'keyword.operator.word.gia'],
  ['let w = width(CTCF)', 'width', 'entity.name.function.gia'],
  ['let m = max(left, right)', 'max', 'entity.name.function.gia'],
  ['let m = max(left, right)', 'left', 'variable.other.gia'],
  ['experiment e = spacing(on: random, of: net)', 'of', 'variable.parameter.gia'],
  ['motif M = dna"ACGT"', 'dna', 'storage.type.string.gia'],
  ['let a = "b # c" # d', '# d', 'comment.line.number-sign.gia'],
  ['## About it.', '## About it.', 'comment.line.documentation.gia'],
]) {
  const found = tokens(line)[0].find((token) => token.text.trim() === word);
  if (found?.scope !== scope) complain(line, `\`${word}\` is ${found?.scope}, not ${scope}`);
}

console.log(`${tried} scripts, ${wrong} complaints`);
process.exitCode = wrong ? 1 : 0;

// Opens a page in a browser and asks axe-core what hinders whom; fails on any finding, on anything that the page asks the
// network for, and on a page that is wider than its window.
// Usage: node check_page.mjs BROWSER PAGE FOLDER
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const [executablePath, page, folder] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await puppeteer.launch({ executablePath, headless: true, args: ['--no-sandbox'] });
let findings = 0;
const found = (text) => { findings += 1; console.log(text); };

for (const scheme of ['light', 'dark']) {
  for (const width of [1200, 400]) {
    const tab = await browser.newPage();
    tab.on('request', (request) => {
      if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) found(`asks for ${request.url()}`);
    });
    await tab.setViewport({ width, height: 900 });
    await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await tab.goto(`file://${page}`);
    await tab.$$eval('details', (all) => all.forEach((one) => { one.open = true; }));
    const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) found(`${scheme}, ${width} px: the page is ${wide} px wide`);
    await tab.screenshot({ path: `${folder}/${scheme}_${width}.png`, fullPage: true });
    await tab.evaluate(axe);
    const { violations, passes } = await tab.evaluate(() => axe.run(document));
    for (const { id, impact, help, nodes } of violations) {
      found(`${scheme}, ${width} px: ${id} (${impact}): ${help}; ${nodes.length} times, first ${nodes[0].html.slice(0, 200)}`);
    }
    console.log(`${scheme}, ${width} px: ${passes.length} rules hold, ${violations.length} do not`);
    await tab.close();
  }
}
const tab = await browser.newPage();
await tab.goto(`file://${page}`);
const pdf = await tab.pdf({ path: `${folder}/page.pdf`, format: 'A4' });
console.log(`printed: ${pdf.length} bytes`);
await browser.close();
process.exit(findings === 0 ? 0 : 1);

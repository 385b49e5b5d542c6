import { pbkdf2Sync } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { Sale } from './receipt-pool.js';

const ROUNDS = 10_000;
const CURRENCIES = ['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'PLN'];

parentPort?.on('message', (message: Sale | 'close') => {
  if (message === 'close') parentPort?.close();
  else parentPort?.postMessage(writeReceipt(message));
});

function writeReceipt(sale: Sale): string {
  const html = renderReceipt(sale);
  return `${html}\n<!-- ${sign(html)} -->\n`;
}

function renderReceipt({ number, product, count, price }: Sale): string {
  const rows = CURRENCIES.map(
    (currency) => `<tr><td>${currency}<td>${money(count * price, currency)}`,
  );
  return `<h1>Order ${number}</h1><p>${count} × ${product}<table>${rows.join('\n')}</table>`;
}

/** A formatter for each amount: what a profile is for is to find such things. */
function money(cents: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(cents / 100);
}

/** Nobody else can have written this receipt. */
function sign(html: string): string {
  return pbkdf2Sync(html, 'the secret of the shop', ROUNDS, 32, 'sha256').toString('hex');
}

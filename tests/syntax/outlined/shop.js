import React, { useState as use, memo } from 'react';
import * as all from "./all.js";
const fs = require('fs');
export { late };
export * from './more';

/** Most of all. More. */
export const LIMIT = 10, OTHER = 'function no() {}';
let count = `class No { ${count + 1} }`;

/**
 * Adds.
 * @param {number} a
 */
export function add(a, b) {
  if (a && b || a ?? b) {
    return /function no[/]\(/.test(a) ? 1 : 2;
  }
  for (const x of b) switch (x) { case 1: break; case 2: default: }
  try { a(); } catch { b(); }
  function inner() { const local = 1; }
  return a / b / 2;
}

export const mul = async (a, { b }) => {
  return a * b;
};
const square = x => x * x;
const late = function named(a) { return a; };

@decorated
export default class Shop extends React.Component {
  #secret = 1;
  static size = 3;
  handle = (e) => {
    this.total(e);
  };

  constructor() { super(); }

  // Gives all.
  async *total(a = { b: 1 }) {
    yield `${a}`;
  }
  get name() { return 'x'; }
  #hidden() {}
}

function* items() {}
Shop.prototype.sell = function (n) { return n; };

#!/usr/bin/env node
// Compares every branch tree (*.tree) with the test file beside it: each branch has its test, and each test its branch.
//
// A line that starts with `when` or `given` and has `it …` lines below it is a branch. Its test is called after it:
//   when the caller is new                 test_WhenTheCallerIsNew or testFuzz_WhenTheCallerIsNew
//   the same, if all its `it` lines revert   test_RevertWhen_TheCallerIsNew or testFuzz_RevertWhen_TheCallerIsNew
"use strict";

const { existsSync, readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const LINE = /^(?:[│ ]*)[├└]── (.+)$/u;

function camel(text) {
  const words = text.replace(/['’]/gu, "").split(/[^A-Za-z0-9]+/u).filter(Boolean);
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join("");
}

function nameOf({ condition, outcomes }) {
  const [keyword, ...rest] = condition.split(" ");
  const reverts = outcomes.every((outcome) => outcome.startsWith("it reverts"));
  return (reverts ? "Revert" : "") + camel(keyword) + (reverts ? "_" : "") + camel(rest.join(" "));
}

function branchesOf(tree) {
  const branches = [];
  for (const line of readFileSync(tree, "utf8").trimEnd().split("\n").slice(1)) {
    const text = LINE.exec(line)?.[1];
    if (text === undefined) throw new Error(`${tree}: not a line of a tree: ${line}`);
    if (text.startsWith("it ")) branches.at(-1).outcomes.push(text);
    else branches.push({ condition: text, outcomes: [] });
  }
  return branches.filter(({ outcomes }) => outcomes.length > 0);
}

function testsOf(file) {
  return [...readFileSync(file, "utf8").matchAll(/function test(?:Fuzz)?_(\w+)\(/gu)].map(([, name]) => name);
}

function differences(tree) {
  const file = tree.replace(/\.tree$/u, ".t.sol");
  if (!existsSync(file)) return [`${tree}: there is no ${file}`];
  const branches = branchesOf(tree).map(nameOf);
  const tests = testsOf(file);
  return [
    ...branches.filter((name) => !tests.includes(name)).map((name) => `${file}: no test_${name} for a branch of the tree`),
    ...tests.filter((name) => !branches.includes(name)).map((name) => `${tree}: no branch for test_${name}`),
  ];
}

const unit = join(__dirname, "unit");
const files = readdirSync(unit, { recursive: true }).sort().map((file) => join(unit, file));
const trees = files.filter((file) => file.endsWith(".tree"));
const untreed = files.filter((file) => file.endsWith(".t.sol") && !existsSync(file.replace(/\.t\.sol$/u, ".tree")));
const found = [...trees.flatMap(differences), ...untreed.map((file) => `${file}: has no tree`)];
for (const difference of found) console.error(difference);
if (found.length > 0) process.exit(1);
console.log(`${trees.length} branch trees agree with their tests`);

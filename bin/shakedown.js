#!/usr/bin/env node
// Entry of the command. Old syntax on purpose: an old Node must get as far as the sentence below.
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    'shakedown: this is Node ' +
      process.versions.node +
      ', and shakedown needs Node 24 or later to run itself' +
      ' (the service under test may use any other: see service.node in the configuration)\n',
  );
  process.exitCode = 2;
} else {
  var fs = require('node:fs');
  var path = require('node:path');
  var url = require('node:url');
  var nodeModule = require('node:module');
  // What was compiled (and stripped of its types) once is read again: most of a second when nothing has changed.
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  // A checkout runs its TypeScript as it is; the package carries dist, since Node strips no types under node_modules.
  var source = path.join(__dirname, '..', 'gate', 'start.ts');
  var entry = fs.existsSync(source) ? source : path.join(__dirname, '..', 'dist', 'gate', 'start.js');
  import(url.pathToFileURL(entry).href)
    .then(function (gate) {
      return gate.start(process.argv);
    })
    .then(
      function (exitCode) {
        process.exitCode = exitCode;
      },
      function (error) {
        process.stderr.write('shakedown: crashed: ' + (error && error.stack ? error.stack : error) + '\n');
        process.exitCode = 3;
      },
    );
}

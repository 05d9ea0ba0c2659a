// Stacks as plain data, taken cheaply. Used by the other files of the probe. Plain JavaScript for old Nodes.
'use strict';

/** The probe's own frames are no part of the story. */
const OWN = __dirname;

/**
 * Takes the stack as it is now. Taking is cheap; the frames are made only when they are asked for, and what
 * was taken is let go with the thing that it belongs to.
 */
exports.take = function take(limit) {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = limit;
  const holder = {};
  Error.captureStackTrace(holder);
  Error.stackTraceLimit = before;
  return holder;
};

/** `[function, file, line, column]` of each frame; made once, since it is then kept as text only. */
exports.framesOf = function framesOf(holder) {
  if (holder === undefined) return [];
  if (Array.isArray(holder.frames)) return holder.frames;
  const prepare = Error.prepareStackTrace;
  let frames = [];
  try {
    Error.prepareStackTrace = (_error, sites) =>
      sites.map(frameOf).filter((frame) => !frame[1].startsWith(OWN));
    frames = holder.stack;
  } finally {
    Error.prepareStackTrace = prepare;
  }
  // Formatted by somebody else in between, it is text: nothing to be taken apart here.
  holder.frames = Array.isArray(frames) ? frames : [];
  return holder.frames;
};

function frameOf(site) {
  return [
    String(site.getFunctionName() || ''),
    String(site.getFileName() || site.getScriptNameOrSourceURL() || ''),
    site.getLineNumber() || 0,
    site.getColumnNumber() || 0,
  ];
}

/** Where a line of a file that was made from another stands in that other one, when this Node knows it. */
exports.originOf = function originOf(frame) {
  try {
    const { findSourceMap } = require('module');
    const map = findSourceMap === undefined ? undefined : findSourceMap(frame[1]);
    if (map === undefined) return undefined;
    const entry = map.findEntry(frame[2] - 1, frame[3] - 1);
    if (entry === undefined || entry.originalSource === undefined) return undefined;
    return [frame[0], entry.originalSource, entry.originalLine + 1, entry.originalColumn + 1];
  } catch (_error) {
    return undefined; // no map: the frame stands for itself
  }
};

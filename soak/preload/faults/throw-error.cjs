// Loaded into the service by the scenario thrown-error: at SIGWINCH it throws, or rejects, as SHAKEDOWN_THROW says.
// Plain JavaScript that old Nodes understand.
'use strict';
const { writeFileSync } = require('node:fs');

process.once('SIGWINCH', () => {
  writeFileSync(process.env.SHAKEDOWN_THROW_SEEN, 'thrown\n');
  const error = new Error('shakedown threw this');
  if (process.env.SHAKEDOWN_THROW === 'rejection') Promise.reject(error);
  else
    setImmediate(() => {
      throw error;
    });
});

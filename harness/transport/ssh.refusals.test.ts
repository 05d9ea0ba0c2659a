/** What can be known of ssh without a server: which targets are targets, and what a failure says. */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { findFreePort } from '../supervisors/ports.ts';
import { parseSshUrl, sshTransport } from './ssh.ts';

describe('ssh transport', () => {
  it.each([
    ['ssh://host', ['host']],
    ['ssh://deploy@staging.example.org:2222', ['-p', '2222', '-l', 'deploy', 'staging.example.org']],
    ['ssh://root@[::1]:22/', ['-p', '22', '-l', 'root', '::1']],
  ])('reads %s', (text, words) => {
    expect(parseSshUrl(text).words).toEqual(words);
  });

  it.each([
    'host',
    'ssh://',
    'ssh://-oProxyCommand=x',
    'ssh://a b',
    'ssh://u@h:port',
    'https://h',
    'ssh://h/x',
  ])('refuses %s', (text) => {
    expect(() => parseSshUrl(text)).toThrow(UsageError);
  });

  it('says what the client said when nobody answers, and leaves nothing', async () => {
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('shakedown-ssh-'));
    const before = folders();
    const port = await findFreePort('127.0.0.1');
    await expect(sshTransport({ host: `ssh://nobody@127.0.0.1:${port}` })).rejects.toThrow(
      /cannot run commands at ssh:.*Connection refused/s,
    );
    expect(folders()).toEqual(before);
  });
});

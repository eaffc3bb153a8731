// A small process that outlives this one by a moment: when this process ends, however it ends, the guardian ends the process
// groups that are still running and removes the folders that are still there.

import { spawn } from 'node:child_process'

export interface Guardian {
  /** From now on this process group must not outlive us. */
  watchGroup(pid: number): void
  /** It has ended by itself; its number may be given to another. */
  forgetGroup(pid: number): void
  /** From now on this folder must not outlive us. Its path holds no line break. */
  watchFolder(path: string): void
  /** Ends the guardian. Groups that are still watched are killed, and folders removed, as when this process ends. */
  release(): Promise<void>
}

// The end of standard input is the end of the process that holds its other side, kill -9 included.
const SCRIPT = `
trap '' INT TERM HUP
groups=' '
folder=''
while read -r what value; do
  case $what in
    + ) groups="$groups$value " ;;
    - ) groups="\${groups%% $value *} \${groups#* $value }" ;;
    d ) folder=$value ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
[ -z "$folder" ] || rm -rf "$folder"
`

export function startGuardian(): Guardian {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>(resolve => {
    shell.once('exit', () => resolve())
    shell.once('error', () => resolve())
  })
  shell.unref()
  const input = shell.stdin
  // Without the guardian there is no safety net, and nothing else is lost.
  input.on('error', () => {})
  return {
    watchGroup: pid => void input.write(`+ ${pid}\n`),
    forgetGroup: pid => void input.write(`- ${pid}\n`),
    watchFolder: path => void input.write(`d ${path}\n`),
    release: () => {
      shell.ref()
      input.end()
      return ended
    },
  }
}

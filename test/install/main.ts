// The life of the .deb on a real system: installed, upgraded, removed, purged, by dpkg itself, on a copy of this machine's
// own root that nobody else sees (an overlay in a mount namespace). What the copy differs in at the end is what was left.
// Needs root, Linux' overlay file system and dpkg: node test/install/main.ts
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDeb } from '../../firmware-hooks/artefacts/packages.ts'
import { targetsNamed } from '../../firmware-hooks/artefacts/target.ts'
import { slotOf } from './slot.ts'

/** The folder's own file system must take an overlay's upper half: a tmpfs does. */
const place = mkdtempSync('/dev/shm/lenscap-lifecycle-')

const SCRIPT = `
set -eu
mount -t tmpfs tmpfs "$1/rw"
mkdir "$1/rw/upper" "$1/rw/work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/rw/upper,workdir=$1/rw/work" "$1/root"
mount -t proc proc "$1/root/proc"
mkdir -p "$1/root/tmp/debs"
cp "$1"/*.deb "$1/root/tmp/debs"
cat >"$1/root/tmp/life.sh" <<'LIFE'
set -eu
cd /tmp/debs
is() { [ "$2" = "$3" ] || { echo "FAILED: $1: $2, not $3"; exit 1; }; echo "ok: $1"; }
dpkg --force-depends -i lenscap-agent_1.0.0_*.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'the program runs' "$(lenscap-agent --version)" 1.0.0
is 'its slot is a' "$(readlink /opt/lenscap/current)" slots/a
is 'the state is its user alone' "$(stat -c '%U:%G %a' /var/lib/lenscap)" 'lenscap:lenscap 700'
is 'its user has no shell' "$(getent passwd lenscap | cut -d: -f7)" /bin/false
is 'its configuration is root'"'"'s' "$(stat -c '%U:%G %a' /etc/lenscap)" 'root:lenscap 750'
is 'the service is wanted' "$(readlink /etc/systemd/system/multi-user.target.wants/lenscap-agent.service)" /lib/systemd/system/lenscap-agent.service
systemd-analyze verify --man=no /lib/systemd/system/lenscap-agent.service 2>&1 | grep lenscap && exit 1
echo 'bridge: https://cameras.example.org' >/etc/lenscap/agent.yaml
echo '{}' >/var/lib/lenscap/identity.json
# As an update by the agent itself leaves it.
cp -R /opt/lenscap/slots/a /opt/lenscap/slots/b
ln -sfn slots/b /opt/lenscap/current
dpkg --force-depends -i lenscap-agent_1.1.0_*.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'the upgrade runs' "$(lenscap-agent --version)" 1.1.0
is 'the configuration stays' "$(cat /etc/lenscap/agent.yaml)" 'bridge: https://cameras.example.org'
is 'and is readable by its user alone' "$(stat -c '%U:%G %a' /etc/lenscap/agent.yaml)" 'root:lenscap 640'
is 'the identity stays, and is its user'"'"'s' "$(stat -c %U /var/lib/lenscap/identity.json)" lenscap
dpkg -r lenscap-agent >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'removed, the program is gone' "$(ls -d /opt/lenscap /usr/bin/lenscap-agent 2>/dev/null || true)" ''
is 'and what was entered is not' "$(cat /etc/lenscap/agent.yaml)" 'bridge: https://cameras.example.org'
dpkg -P lenscap-agent >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'purged, nothing is there by its name' "$(find / -xdev -path /tmp -prune -o -name '*lenscap*' -newer /tmp/life.sh -print 2>/dev/null)" ''
is 'nor its user' "$(grep lenscap /etc/passwd /etc/group /etc/shadow || true)" ''
# The same program by install.sh, on a system.
/tmp/slot/install/install.sh --offline --init systemd >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'install.sh installs it' "$(lenscap-agent --version)" 1.2.0
touch /var/lib/lenscap/as-root
/opt/lenscap/current/install/prepare.sh
is 'what root left in the state is its user'"'"'s' "$(stat -c %U /var/lib/lenscap/as-root)" lenscap
/opt/lenscap/current/install/install.sh uninstall --purge --init systemd >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
is 'and removes it' "$(find / -xdev -path /tmp -prune -o -name '*lenscap*' -newer /tmp/life.sh -print 2>/dev/null)" ''
is 'with its user' "$(grep lenscap /etc/passwd /etc/group /etc/shadow || true)" ''
LIFE
cp -R "$1/slot" "$1/root/tmp/slot"
chroot "$1/root" /bin/sh /tmp/life.sh
`

try {
  const [target] = targetsNamed(`linux-${process.arch}`)
  assert.ok(target)
  for (const folder of ['root', 'rw']) mkdirSync(join(place, folder))
  for (const version of ['1.0.0', '1.1.0', '1.2.0']) {
    const slot = await slotOf(version)
    const made = { target, slot, version, timeS: 1_700_000_000, output: place }
    if (version === '1.2.0') cpSync(slot, join(place, 'slot'), { recursive: true })
    else await makeDeb(made)
    rmSync(slot, { recursive: true })
  }
  writeFileSync(join(place, 'run.sh'), SCRIPT)
  execFileSync('unshare', ['--mount', '--propagation', 'private', 'sh', join(place, 'run.sh'), place], {
    stdio: 'inherit',
  })
} finally {
  rmSync(place, { recursive: true, force: true })
}

/** Sections of one of AWS's configuration files, by profile name. */
export type Profiles = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Reads `~/.aws/credentials` (`[name]`) or `~/.aws/config` (`[default]`, `[profile name]`); what is not of that grammar
 * is passed over, as AWS's own tools do. Nested settings (an indented block under a name) are not read.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export function parseProfiles(text: string): Profiles {
  const profiles: Record<string, Record<string, string>> = {};
  let current: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const section = SECTION.exec(line)?.[1];
    const [, key, value = ""] = SETTING.exec(line) ?? [];
    if (section !== undefined) {
      const name = profileName(section);
      current = (name === undefined ? undefined : profiles[name]) ?? {};
      if (name !== undefined) profiles[name] = current;
    } else if (key !== undefined) {
      current[key.toLowerCase()] = value.replace(/\s+[#;].*$/, "").trim();
    }
  }
  return profiles;
}

const SECTION = /^\[\s*([^\]]+?)\s*\]/;
/** At the line's start: what is indented belongs to a nested block, and what begins with # or ; is a comment. */
const SETTING = /^([^\s=#;[][^=]*?)\s*=\s*(.*)$/;

/** Other kinds of sections (`sso-session x`, `services x`) are no profiles. */
function profileName(section: string): string | undefined {
  const [kind = "", name] = section.split(/\s+/);
  if (name === undefined) return kind;
  return kind === "profile" ? name : undefined;
}

/** Both files as one; where both name a key, the credentials file has it. */
export function mergeProfiles(config: Profiles, credentials: Profiles): Profiles {
  const names = new Set([...Object.keys(config), ...Object.keys(credentials)]);
  return Object.fromEntries([...names].map((name) => [name, { ...config[name], ...credentials[name] }]));
}

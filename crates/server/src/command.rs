//! The command line. A command prints its result to standard output, and errors to standard error with a non-zero exit
//! code. Each either talks to a running server or opens its files, never both.

mod api_key;
mod audit;
mod backup;
mod ceremony;
mod client;
mod demo;
mod did;
mod file;
mod key;
mod ledger;
mod localnet;
mod restore;
mod role;
mod service_account;
mod sign;
mod tenant;
mod user;
mod verify;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand};

use crate::logging;
use crate::output;

use crate::config::{Config, ConfigError, Places, Setting, Source, Sources, settings};

/// DID registrar, ledger and resolver whose deactivations are complete, final and provable.
#[derive(Parser)]
#[command(name = "atropos", version)]
pub struct Cli {
    /// Configuration file (TOML).
    #[arg(long, global = true, env = "ATROPOS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// The command. Default: `serve`.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// The commands.
#[derive(Subcommand)]
pub enum Action {
    /// Start the server.
    Serve,
    /// Print the effective configuration, without secrets.
    Config,
    /// Create, verify or repair the ledgers of a server that is not running.
    #[command(subcommand)]
    Ledger(ledger::LedgerAction),
    /// Tenants, the owners of DIDs and keys. Works beside a running server.
    #[command(subcommand)]
    Tenant(tenant::TenantAction),
    /// API keys of tenants. Works beside a running server.
    #[command(subcommand)]
    ApiKey(api_key::ApiKeyAction),
    /// People and their signing credentials. Works beside a running server.
    #[command(subcommand)]
    User(user::UserAction),
    /// Accounts of programs. Works beside a running server.
    #[command(subcommand)]
    ServiceAccount(service_account::ServiceAccountAction),
    /// Roles of users. Works beside a running server.
    #[command(subcommand)]
    Role(role::RoleAction),
    /// Custodial keys of a running server.
    #[command(subcommand)]
    Key(key::KeyAction),
    /// DIDs of a running server.
    #[command(subcommand)]
    Did(did::DidAction),
    /// Ceremonies of a running server: signatures of several holders, collected over time.
    #[command(subcommand)]
    Ceremony(ceremony::CeremonyAction),
    /// The audit log: verify, export, and accept a loss.
    #[command(subcommand)]
    Audit(audit::AuditAction),
    /// Back up everything but the head guards, and verify the copy. Works beside a running server.
    Backup(backup::Backup),
    /// Restore a backup, without rolling a log back.
    Restore(restore::Restore),
    /// Show a statement and sign it, offline.
    Sign(sign::Sign),
    /// Verify a receipt offline.
    Verify(verify::Verify),
    /// Witness the logs of other operators.
    Witness(witness::Witness),
    /// Show the whole life of a DID, in a temporary directory, without network.
    Demo,
    /// Start a cheqd network on this machine, for development.
    Localnet(localnet::Localnet),
}

/// Runs the command, and returns the exit code.
///
/// # Errors
/// For the operator: what went wrong and what to do.
pub async fn run(mut cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.action.take().unwrap_or(Action::Serve) {
        Action::Verify(arguments) => return verify::run(&arguments),
        Action::Serve => {
            let config = cli.configuration()?;
            logging::start(&config.settings.log)?;
            crate::start::run::run(&config).await?;
        }
        Action::Config => output::line(cli.configuration()?.printed().trim_end())?,
        Action::Ledger(action) => ledger::run(action, &cli.configuration()?).await?,
        Action::Tenant(action) => tenant::run(action, &cli.configuration()?).await?,
        Action::ApiKey(action) => api_key::run(action, &cli.configuration()?).await?,
        Action::Audit(action) => audit::run(action, &cli.configuration()?).await?,
        Action::User(action) => user::run(action, &cli.configuration()?).await?,
        Action::ServiceAccount(action) => {
            service_account::run(action, &cli.configuration()?).await?;
        }
        Action::Role(action) => role::run(action, &cli.configuration()?).await?,
        Action::Key(action) => key::run(action).await?,
        Action::Did(action) => did::run(action).await?,
        Action::Ceremony(action) => ceremony::run(action).await?,
        Action::Sign(arguments) => sign::run(&arguments)?,
        Action::Backup(arguments) => backup::run(&arguments, &cli.configuration()?)?,
        Action::Restore(arguments) => restore::run(arguments, cli.configuration()?).await?,
        Action::Witness(arguments) => {
            // A witness has its own directory; the settings only need some directory.
            let data = arguments.data.to_string_lossy().into_owned();
            cli.flags.0.push(("data".to_owned(), data));
            witness::run(arguments, &cli.configuration()?).await?;
        }
        Action::Demo => demo::run().await?,
        Action::Localnet(arguments) => {
            localnet::run(arguments, cli.flags.0, environment(), cli.config.as_deref()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Cli {
    /// The effective configuration of this call.
    ///
    /// # Errors
    /// See [`Sources::config`].
    pub fn configuration(self) -> Result<Config, ConfigError> {
        Sources::default()
            .file(self.config.as_deref())?
            .environment(environment())?
            .flags(self.flags.0)
            .config(&Places::of_this_process())
    }
}

/// The environment. A value that is not text stays recognisably wrong, so that it is refused by name.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        Some((
            name.into_string().ok()?,
            value.to_string_lossy().into_owned(),
        ))
    })
}

/// Settings that the short help (`-h`) shows.
const SHORT_HELP: [&str; 4] = ["listen", "data", "guard", "networks"];

/// One flag for each setting that may be given on the command line: (name, value).
struct Flags(Vec<(String, String)>);

fn flagged() -> impl Iterator<Item = &'static Setting> {
    settings().filter(|setting| setting.source == Source::Anywhere)
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        // Names of arguments have to live as long as the process.
        static NAMES: LazyLock<Vec<String>> =
            LazyLock::new(|| flagged().map(Setting::flag).collect());
        command.args(flagged().zip(NAMES.iter()).map(|(setting, name)| {
            Arg::new(setting.name)
                .long(name.as_str())
                .help(setting.help())
                .help_heading("Settings")
                .hide_short_help(!SHORT_HELP.contains(&setting.name))
                .global(true)
                .value_name("VALUE")
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Flags, clap::Error> {
        let value = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
        let given =
            flagged().filter_map(|setting| Some((setting.name.to_owned(), value(setting.name)?)));
        Ok(Flags(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Flags::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_reach_the_settings_before_and_after_the_command() {
        for line in [
            ["atropos", "--limits-body-bytes", "77", "serve"],
            ["atropos", "serve", "--limits-body-bytes", "77"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(
                cli.flags.0,
                [("limits.body_bytes".to_owned(), "77".to_owned())]
            );
        }
    }

    #[test]
    fn secrets_have_no_flag_and_unknown_flags_are_refused() {
        for flag in [
            "--bootstrap-api-key",
            "--keystore-passphrase",
            "--body-bytes",
        ] {
            assert!(
                Cli::try_parse_from(["atropos", flag, "x"]).is_err(),
                "{flag}"
            );
        }
    }
}

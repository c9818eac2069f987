//! What sources give, and what is refused.

use std::path::Path;

use super::*;

const EXAMPLE: &str = include_str!("../../../../atropos.example.toml");

fn places() -> Places {
    Places {
        xdg_data_home: None,
        home: Some("/home/clotho".into()),
    }
}

fn read(flags: &[(&str, &str)], env: &[(&str, &str)], text: &str) -> Result<Config, String> {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, text)| (name.to_string(), text.to_string()))
            .collect()
    };
    let config = || {
        Sources::default()
            .text(Path::new("test.toml"), text.to_owned())?
            .environment(owned(env))?
            .flags(owned(flags))
            .config(&places())
    };
    config().map_err(|error| format!("{:#}", anyhow::Error::from(error)))
}

fn file(text: &str) -> Result<Settings, String> {
    read(&[], &[], text).map(|config| config.settings)
}

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let text = "listen = '127.0.0.1:1'\n[limits]\nbody_bytes = 1000\n";
    let env = [
        ("ATROPOS_LISTEN", "127.0.0.1:2"),
        ("ATROPOS_LIMITS_JSON_DEPTH", "8"),
    ];
    let all = read(&[("listen", "127.0.0.1:3")], &env, text)
        .unwrap()
        .settings;
    let limits = (all.limits.body_bytes, all.limits.json_depth);
    assert_eq!((all.listen.port(), limits), (3, (1000, 8)));
    assert_eq!(read(&[], &env, text).unwrap().settings.listen.port(), 2);
    assert_eq!(file(text).unwrap().listen.port(), 1);
    assert_eq!(file("").unwrap().listen.port(), 3000);
}

#[test]
fn unknown_keys_are_refused_by_name_and_line() {
    for (text, name) in [
        ("lisen = '127.0.0.1:1'", "lisen (test.toml, line 1)"),
        (
            "[limits]\nbody_byte = 1",
            "limits.body_byte (test.toml, line 2)",
        ),
        ("[rates]\nlogins = 1", "rates.logins"),
        ("[cors]\norigin = []", "cors.origin"),
        ("[registration]\nprofil = 'standard'", "registration.profil"),
        ("[cheqd.testnet]\nnode = 'x'", "cheqd.testnet.node"),
        ("[cheqd.othernet]\nnodes = []", "cheqd.othernet"),
        ("[log]\ncolour = true", "log.colour"),
        ("[tls]\ncert = 'x'", "tls.cert"),
        ("[publication]\nwitness = 'x'", "publication.witness"),
        ("[comet]\nport = 26657", "comet.port"),
        ("[resolution]\nmode = 'x'", "resolution.mode"),
        ("[keystore]\npassphrase = 'x'", "keystore.passphrase"),
        ("bootstrap_api_key = 'x'", "bootstrap_api_key"),
        ("[limit]", "limit (test.toml, line 1)"),
        ("limits = 5", "limits (test.toml, line 1)"),
    ] {
        let message = file(text).unwrap_err();
        assert!(message.starts_with(name), "{message}");
    }
    let message = read(&[], &[("ATROPOS_LISEN", "x")], "").err().unwrap();
    assert!(message.contains("ATROPOS_LISEN"), "{message}");
}

#[test]
fn unusable_values_are_refused_by_flag_variable_and_line() {
    for (name, value) in [
        ("ATROPOS_LISTEN", "localhost"),
        ("ATROPOS_NETWORKS", "testnet,othernet"),
        ("ATROPOS_NETWORKS", "testnet,testnet"),
        ("ATROPOS_LIMITS_BODY_BYTES", "-1"),
        ("ATROPOS_LIMITS_BODY_BYTES", "many"),
        ("ATROPOS_LIMITS_CONNECTIONS_MAX", "0"),
        ("ATROPOS_RATES_KEY_REQUESTS_PER_S", "0"),
        ("ATROPOS_RATES_FAILED_LOGINS_PER_MIN", "10000001"),
        ("ATROPOS_LEDGER_CREATE", "always"),
        ("ATROPOS_LEDGER_ORIGIN", "log.example.org/"),
        ("ATROPOS_LEDGER_ORIGIN", "a b"),
        ("ATROPOS_PUBLICATION_URL", "https://dids.example.org/"),
        ("ATROPOS_PUBLICATION_URL", "dids.example.org"),
        ("ATROPOS_PUBLICATION_INTERVAL_MS", "9"),
        ("ATROPOS_PUBLICATION_FRESHNESS_S", "86401"),
        ("ATROPOS_PUBLICATION_MAX_SILENCE_S", "10"),
        ("ATROPOS_PUBLICATION_WEBHOOKS", "true"),
        ("ATROPOS_RESOLUTION_PROFILE", "strict"),
        ("ATROPOS_RESOLUTION_ACTIVE_MAX_AGE_S", "301"),
        ("ATROPOS_REGISTRATION_PROFILE", "cheqd"),
        ("ATROPOS_AUTH_CHALLENGE_S", "0"),
        ("ATROPOS_AUTH_USER_ACTION_S", "601"),
        ("ATROPOS_COMET_LISTEN", "26657"),
        ("ATROPOS_COMET_NETWORK", "mainnet"),
        ("ATROPOS_COMET_CHAIN_ID", "no spaces"),
        ("ATROPOS_COMET_FEES", "cheap"),
        ("ATROPOS_COMET_FAUCET", "cosmos1"),
        ("ATROPOS_LOG_FORMAT", "xml"),
        ("ATROPOS_LOG_FILTER", "atropos=loud=very"),
        ("ATROPOS_CORS_ORIGINS", "not an origin\n"),
    ] {
        let message = read(&[], &[(name, value)], "").err().unwrap();
        assert!(message.starts_with(&format!("{name}: ")), "{message}");
    }
    let message = read(&[("log.format", "xml")], &[], "").err().unwrap();
    assert!(message.starts_with("--log-format: "), "{message}");
    let message = file("\n[log]\nformat = 'xml'").unwrap_err();
    assert!(
        message.starts_with("log.format (test.toml, line 3): "),
        "{message}"
    );
    let message = file("listen = [").unwrap_err();
    assert!(
        message.contains("test.toml") && message.contains("line 1"),
        "{message}"
    );
}

#[test]
fn variables_that_orchestrators_set_for_a_service_of_this_name_are_left_alone() {
    let pairs = [
        ("ATROPOS_SERVICE_HOST", "10.0.0.1"),
        ("ATROPOS_PORT_3000_TCP", "tcp://x"),
        ("ATROPOS_PORT", "x"),
    ];
    assert!(read(&[], &pairs, "").is_ok());
}

#[test]
fn guard_and_keys_lie_outside_the_data() {
    let config = read(&[], &[("ATROPOS_DATA", "/var/lib/atropos")], "").unwrap();
    assert_eq!(config.settings.guard, Path::new("/var/lib/atropos.guard"));
    let Unlock::KeyFile(path) = config.unlock else {
        panic!("a key file is the default");
    };
    assert_eq!(path, Path::new("/var/lib/atropos.keys/root.key"));
    for (name, inside) in [
        ("ATROPOS_GUARD", "/d"),
        ("ATROPOS_GUARD", "/d/guard"),
        ("ATROPOS_KEYSTORE_KEY_FILE", "/d/root.key"),
        ("ATROPOS_KEYSTORE_PASSPHRASE_FILE", "/d/passphrase"),
    ] {
        let message = read(&[("data", "/d")], &[(name, inside)], "")
            .err()
            .unwrap();
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (text, name) in [
        ("[tls]\ncertificate = 'a'", "tls.key"),
        ("[tls]\nkey = 'a'", "tls.certificate"),
        (
            "[keystore]\npassphrase_file = 'a'\nkey_file = 'b'",
            "keystore",
        ),
        ("networks = []", "networks"),
        ("[comet]\nfees = 'static'", "comet.faucet"),
        (
            "[auth]\norigins = ['https://a.example']",
            "auth.relying_party",
        ),
    ] {
        let message = file(text).unwrap_err();
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
fn passkeys_need_a_domain_and_sign_on_its_pages() {
    let auth = |party: &str, origins: &str| {
        let text = format!("[auth]\nrelying_party = '{party}'\n{origins}");
        file(&text).map(|settings| settings.auth.signing().party)
    };
    assert_eq!(file("").unwrap().auth.signing().party, None);
    let alone = auth("wallet.example", "").unwrap().unwrap();
    assert_eq!(alone.origins, ["https://wallet.example"]);
    let local = auth(
        "localhost",
        "origins = ['http://localhost:8080', 'https://a.example:8443']",
    );
    let local = local.unwrap().unwrap().origins;
    assert_eq!(local, ["http://localhost:8080", "https://a.example:8443"]);
    for (party, origins) in [
        ("https://a.example", ""),
        ("A.example", ""),
        ("a.example", "origins = []"),
        ("a.example", "origins = ['http://a.example']"),
        ("a.example", "origins = ['https://a.example/']"),
        ("a.example", "origins = ['http://localhost:x']"),
    ] {
        let message = auth(party, origins).unwrap_err();
        let name = if origins.is_empty() {
            "auth.relying_party"
        } else {
            "auth.origins"
        };
        assert!(message.starts_with(name), "{message}");
    }
}

const MAINNET: &str =
    "[cheqd.mainnet]\nnodes = ['https://rpc.example.org']\npayer_file = '/run/payer'\n";

#[test]
fn a_remote_network_is_listed_beside_the_logs_and_reads_back() {
    let config = read(&[], &[], MAINNET).unwrap();
    let settings = &config.settings;
    assert_eq!(settings.networks, [Network::Testnet]);
    let mainnet = &settings.cheqd[&Network::Mainnet];
    assert_eq!(mainnet.chain_id, "cheqd-mainnet-1");
    assert_eq!(mainnet.nodes[0].as_str(), "https://rpc.example.org/");
    assert_eq!(file(&config.printed()).unwrap(), *settings);

    let alone = file(&format!("networks = []\n{MAINNET}")).unwrap();
    assert!(alone.networks.is_empty());
}

#[test]
fn what_a_remote_network_cannot_use_is_refused_by_name() {
    let with = |line: &str| format!("{MAINNET}{line}\n");
    for (text, name) in [
        (
            format!("networks = ['mainnet']\n{MAINNET}"),
            "cheqd.mainnet ",
        ),
        (
            "[cheqd.mainnet]\nnodes = ['https://a.b']".into(),
            "cheqd.mainnet.payer_file",
        ),
        (
            "[cheqd.mainnet]\npayer_file = '/p'".into(),
            "cheqd.mainnet.nodes",
        ),
        ("[cheqd.mainnet]".into(), "cheqd.mainnet.nodes"),
        (
            "[cheqd.mainnet]\nnodes = ['a.b']\npayer_file = '/p'".into(),
            "cheqd.mainnet.nodes",
        ),
        (
            format!("data = '/run'\n{MAINNET}"),
            "cheqd.mainnet.payer_file",
        ),
        (with("deadline_ms = 30000"), "cheqd.mainnet.deadline_ms"),
        (
            with("slippage_percent = 101"),
            "cheqd.mainnet.slippage_percent",
        ),
        (with("poll_ms = 1"), "cheqd.mainnet.poll_ms"),
        (with("timeout_blocks = 1"), "cheqd.mainnet.timeout_blocks"),
    ] {
        let message = file(&text).unwrap_err();
        assert!(message.starts_with(name), "{message}");
    }
}

#[test]
fn printing_shows_no_secret_and_reads_back() {
    let env = [
        ("ATROPOS_BOOTSTRAP_API_KEY", "caas_hunter2"),
        ("ATROPOS_KEYSTORE_PASSPHRASE", "hunter3"),
    ];
    let config = read(&[], &env, "").unwrap();
    let text = config.printed();
    assert!(text.contains("ATROPOS_BOOTSTRAP_API_KEY is set"), "{text}");
    assert!(
        text.contains("listen = ") && !text.contains("hunter"),
        "{text}"
    );
    assert_eq!(read(&[], &env, &text).unwrap().settings, config.settings);
}

#[test]
fn the_example_file_equals_the_defaults_and_its_examples_can_be_used() {
    assert_eq!(file(EXAMPLE).unwrap(), file("").unwrap());
    let examples = EXAMPLE
        .replace("#: passphrase_file", "# passphrase_file")
        .replace("\n#: ", "\n");
    file(&examples).unwrap();
}

#[test]
fn the_example_file_and_the_reference_follow_from_the_declarations() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (name, text) in [
        ("atropos.example.toml", document::example()),
        ("docs/settings.md", document::reference()),
    ] {
        let path = root.join(name);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let hint = "UPDATE_FIXTURES=1 writes it again";
        assert_eq!(
            std::fs::read_to_string(&path).unwrap_or_default(),
            text,
            "{name}: {hint}"
        );
    }
}

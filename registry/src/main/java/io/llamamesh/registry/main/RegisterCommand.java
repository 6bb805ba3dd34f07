package io.llamamesh.registry.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistrationSchedule;
import io.llamamesh.registration.RegistryAnswerException;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryTrust;
import io.llamamesh.registration.TagList;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code register}: registers a reflector that cannot do it itself; llama-sd's client. */
@Command(
    name = "register",
    description = {
      "Registers a reflector on its behalf, at once and then every minute: llama-sd's client.",
      "",
      "An agent registers itself by 'agent --register' and needs this not. Options can be given by"
          + " variables (LLAMA_SERVER, LLAMA_GROUP, LLAMA_SOURCE_IP, LLAMA_PORT, LLAMA_KEEPALIVE,"
          + " LLAMA_TAGS, PROBE_NAME, PROBE_SHORTNAME, APP_VERBOSE, APP_TOKEN_FILE, APP_CA_FILE), or as"
          + " 'name: value' in a config file."
    },
    mixinStandardHelpOptions = true)
final class RegisterCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger("register");
  private static final Duration EVERY = Duration.ofSeconds(60);

  private static final String REGISTERED = "registered";

  /** Below three periods a single lost registration would make the probe vanish. */
  private static final int PERIODS_IN_KEEPALIVE = 3;

  @Mixin private final ConfigFileOption file = new ConfigFileOption();

  @Option(
      names = {"-g", "--group"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Group of the probe (default: ${DEFAULT-VALUE}).")
  private String group = "default";

  @Option(
      names = {"-i", "--ip"},
      paramLabel = "ADDRESS",
      description =
          "Address of the reflector (default: where the registration comes from); another one must be"
              + " allowed at the registry.")
  private @Nullable String ip;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      defaultValue = "8100",
      description = "UDP port of the reflector (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = {"-k", "--keepalive"},
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "How long it counts without another (default: ${DEFAULT-VALUE}).")
  private int keepalive;

  @Option(
      names = {"-s", "--server"},
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:5000",
      description = "The registry (default: ${DEFAULT-VALUE}).")
  private String server = "http://127.0.0.1:5000";

  @Option(
      names = {"-t", "--tags"},
      paramLabel = "'KEY: VALUE'",
      description = "A tag of points about it; repeat it, or give '[ a: b, c: d ]'.")
  private List<String> tags = List.of();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Name of the probe in the matrix: tag probe_name (default: none).")
  private @Nullable String name;

  @Option(
      names = "--short-name",
      paramLabel = "NAME",
      description = "Tag probe_shortname, which no other of its group may have (default: --name).")
  private @Nullable String shortName;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the registry's token, read at each registration.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust by https (default: the JDK's).")
  private @Nullable Path authorities;

  @Option(
      names = "--once",
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description = "Register once, and end with 1 where that failed.")
  private boolean once;

  @Option(
      names = {"-v", "--verbose"},
      arity = "0..1",
      paramLabel = "BOOL",
      fallbackValue = "true",
      description = "Log each registration.")
  private boolean verbose;

  private final OptionSources sources;
  private String told = "";

  RegisterCommand(OptionSources sources) {
    this.sources = sources;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (verbose) {
      RegistryMain.verbose();
    }
    file.check(sources);
    ProbeRegistration registration = registration();
    RegistryClient client = client();
    if (once) {
      return attempt(client, registration) ? 0 : 1;
    }
    CountDownLatch stop = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(stop::countDown));
    RegistrationSchedule phase = new RegistrationSchedule(EVERY, new SecureRandom());
    Duration wait;
    do {
      wait = attempt(client, registration) ? phase.delayAfterAnswer() : phase.delayAfterFailure();
    } while (!stop.await(wait.toMillis(), TimeUnit.MILLISECONDS));
    return 0;
  }

  private ProbeRegistration registration() {
    Map<String, String> all = new LinkedHashMap<>();
    try {
      all.putAll(TagList.parse(tags));
    } catch (IllegalArgumentException e) {
      throw file.wrong("--tags: " + e.getMessage());
    }
    if (name != null || shortName != null) {
      all.put("probe_name", name == null ? String.valueOf(shortName) : name);
      all.put("probe_shortname", shortName == null ? String.valueOf(name) : shortName);
    }
    all.putIfAbsent("version", "llama-mesh " + CommandFrame.version());
    if (keepalive < PERIODS_IN_KEEPALIVE * EVERY.toSeconds()) {
      LOG.warn(
          "a keepalive of less than {} s lets the probe vanish when one registration is lost",
          PERIODS_IN_KEEPALIVE * EVERY.toSeconds());
    }
    try {
      // Another program may fetch the config, as llama-probe does: no instance, which it cannot
      // say.
      return new ProbeRegistration(port, keepalive, group, ip, all, null);
    } catch (IllegalArgumentException e) {
      throw file.wrong(String.valueOf(e.getMessage()));
    }
  }

  private RegistryClient client() {
    SSLContext tls = null;
    if (authorities != null) {
      try {
        tls = RegistryTrust.in(authorities);
      } catch (IllegalArgumentException e) {
        throw file.wrong("--ca-file " + e.getMessage());
      }
    }
    try {
      return RegistryClient.of(server, tokenFile, tls);
    } catch (IllegalArgumentException e) {
      throw file.wrong("--server " + e.getMessage());
    }
  }

  /** One registration; its outcome is logged when it is another than before. */
  private boolean attempt(RegistryClient client, ProbeRegistration registration) {
    String outcome;
    boolean accepted = false;
    try {
      String notice = client.register(registration).notice();
      accepted = true;
      outcome = notice.isEmpty() ? REGISTERED : "registered, but not served as it is, " + notice;
    } catch (RegistryAnswerException e) {
      outcome = "refused, tried again: " + e.getMessage();
    } catch (IOException e) {
      outcome = "failed, tried again: " + e.getMessage();
    }
    if (!outcome.equals(told)) {
      told = outcome;
      LOG.atLevel(outcome.equals(REGISTERED) ? Level.INFO : Level.WARN)
          .log(
              "{} server={} group={} port={} keepalive={} tags={}",
              outcome,
              client.server(),
              registration.group(),
              registration.port(),
              registration.keepaliveSeconds(),
              registration.tags());
    }
    LOG.debug("sent server={} accepted={}", client.server(), accepted);
    return accepted;
  }
}

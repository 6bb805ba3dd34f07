package io.llamamesh.agent.main;

import io.llamamesh.cli.CommandFrame;
import io.llamamesh.registration.IngestClient;
import io.llamamesh.registration.ProbeRegistration;
import io.llamamesh.registration.RegistryClient;
import io.llamamesh.registration.RegistryTrust;
import io.llamamesh.registration.TagList;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of registration outside Kubernetes; defaults from llama-sd's variables. */
final class RegisterOptions {

  private static final int KEEPALIVE_SECONDS = 300;
  private static final int MAX_INSTANCE_BYTES = 64;
  private static final String NAME = "probe_name";

  /**
   * Variables from which llama-probe takes its names, by the variable that identifies the platform.
   */
  private static final Map<String, String> PLATFORM_NAMES =
      Map.of("KUB", "HOSTNAME", "MESOS", "MESOS_CONTAINER_IP");

  private static final Map<String, String> PLATFORM_SHORT_NAMES =
      Map.of("KUB", "RC_HOSTNAME", "MESOS", "HOST");

  @Option(
      names = "--register",
      paramLabel = "URL",
      description =
          "Register with the registry there and take the config from it, instead of a file or a"
              + " ConfigMap (default: LLAMA_SERVER).")
  private @Nullable String server;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "Group to register in (default: LLAMA_GROUP, else 'default').")
  private @Nullable String group;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description =
          "Name in the matrix, which no other of the group may have (default: PROBE_NAME, else this"
              + " host's name).")
  private @Nullable String name;

  @Option(
      names = "--tags",
      paramLabel = "'KEY: VALUE'",
      description =
          "A tag of points about this agent; repeat it, or give '[ a: b, c: d ]' (default:"
              + " LLAMA_TAGS).")
  private List<String> tags = new ArrayList<>();

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "File with the registry's token, read at each request.")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description =
          "PEM file with the authorities to trust with the registry (default: the JDK's).")
  private @Nullable Path authorities;

  @Option(
      names = "--push",
      paramLabel = "URL",
      description =
          "Post each window to the scraper's ingest there, as https://scraper.example:8081, instead"
              + " of being polled: for hosts behind address translation.")
  private @Nullable String push;

  @Option(
      names = "--push-token-file",
      paramLabel = "FILE",
      description = "File with the ingest's token, read at each request (default: none).")
  private @Nullable Path pushTokenFile;

  @Option(
      names = "--push-ca-file",
      paramLabel = "FILE",
      description = "PEM file with the authorities to trust with the scraper (default: the JDK's).")
  private @Nullable Path pushAuthorities;

  @Option(
      names = "--push-plaintext",
      description = "Allow --push to an http URL: windows and token can be read on the way.")
  private boolean pushPlaintext;

  @Option(
      names = "--reachable",
      description =
          "Others may probe this host at the address that the registry sees, as its port is"
              + " forwarded; without it, behind address translation, only those at its site do"
              + " (with --push).")
  private boolean reachable;

  /** Returns whether the command line names a registry. */
  boolean isGiven() {
    return server != null;
  }

  /** Returns whether the environment names one. */
  static boolean isNamed(Map<String, String> env) {
    return value(env, "LLAMA_SERVER") != null;
  }

  /**
   * Registry and registration of the options and the environment.
   *
   * @param port the reflector's; LLAMA_PORT is what is registered where it is forwarded from
   *     another
   * @param stateDir where the instance is kept, by which the registry knows this agent again
   */
  AgentSettings.Registry registry(
      Map<String, String> env, int port, @Nullable Path stateDir, BindOptions bind)
      throws IOException {
    String url = server == null ? value(env, "LLAMA_SERVER") : server;
    String variable = value(env, "LLAMA_GROUP");
    String named = variable == null ? "default" : variable;
    SSLContext tls = null;
    if (authorities != null) {
      try {
        tls = RegistryTrust.in(authorities);
      } catch (IllegalArgumentException e) {
        throw bind.usageError("--ca-file " + e.getMessage());
      }
    }
    RegistryClient client;
    try {
      client = RegistryClient.of(String.valueOf(url), tokenFile, tls);
    } catch (IllegalArgumentException e) {
      throw bind.usageError("--register " + e.getMessage());
    }
    Map<String, String> all = tags(env, bind);
    IngestClient ingest = ingest(bind);
    try {
      ProbeRegistration registration =
          new ProbeRegistration(
              number(env, "LLAMA_PORT", port, bind),
              number(env, "LLAMA_KEEPALIVE", KEEPALIVE_SECONDS, bind),
              group == null ? named : group,
              value(env, "LLAMA_SOURCE_IP"),
              all,
              instance(stateDir, String.valueOf(all.get(NAME))));
      return ingest == null
          ? new AgentSettings.Registry(client, registration, null, false)
          : new AgentSettings.Registry(
              client, registration.pushing(), ingest, !reachable && registration.ip() == null);
    } catch (IllegalArgumentException e) {
      throw bind.usageError("--register: " + e.getMessage());
    }
  }

  /** An option that says how windows are posted; null where none is given. */
  @Nullable String pushOption() {
    if (push != null) {
      return "--push";
    }
    if (pushTokenFile != null) {
      return "--push-token-file";
    }
    if (pushAuthorities != null) {
      return "--push-ca-file";
    }
    return pushPlaintext ? "--push-plaintext" : reachable ? "--reachable" : null;
  }

  private @Nullable IngestClient ingest(BindOptions bind) {
    if (push == null) {
      String alone = pushOption();
      if (alone != null) {
        throw bind.usageError(alone + " is that of --push, which is missing");
      }
      return null;
    }
    try {
      return IngestClient.of(
          push,
          pushPlaintext,
          pushTokenFile,
          pushAuthorities == null ? null : RegistryTrust.in(pushAuthorities));
    } catch (IllegalArgumentException e) {
      throw bind.usageError("--push: " + e.getMessage());
    }
  }

  private Map<String, String> tags(Map<String, String> env, BindOptions bind) {
    Map<String, String> all = new LinkedHashMap<>();
    String variable = value(env, "LLAMA_TAGS");
    List<String> items = tags.isEmpty() && variable != null ? List.of(variable) : tags;
    try {
      all.putAll(TagList.parse(items));
    } catch (IllegalArgumentException e) {
      throw bind.usageError("--tags: " + e.getMessage());
    }
    String probe = name == null ? platformValue(env, PLATFORM_NAMES, "PROBE_NAME") : name;
    String shown = probe == null ? hostName() : probe;
    String shortName =
        name == null ? platformValue(env, PLATFORM_SHORT_NAMES, "PROBE_SHORTNAME") : null;
    all.put("version", "llama-mesh " + CommandFrame.version());
    all.put(NAME, shown);
    all.put("probe_shortname", shortName == null ? shown : shortName);
    return all;
  }

  /** As llama-probe: where a platform's variable is set, that one's names win. */
  private static @Nullable String platformValue(
      Map<String, String> env, Map<String, String> platforms, String otherwise) {
    String found = null;
    for (Map.Entry<String, String> platform : platforms.entrySet()) {
      if (found == null && value(env, platform.getKey()) != null) {
        found = value(env, platform.getValue());
      }
    }
    return found == null ? value(env, otherwise) : found;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("this host does not know its name, give --name", e);
    }
  }

  private static int number(
      Map<String, String> env, String variable, int otherwise, BindOptions bind) {
    String text = value(env, variable);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,9}")) {
      throw bind.usageError(variable + " must be a number, was '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  /**
   * Stored, so that a restart is no other probe. The name is part of it: machines cloned from one
   * image share the content of their state folder, and would be one probe.
   */
  private static String instance(@Nullable Path stateDir, String name) throws IOException {
    String kept = kept(stateDir);
    return UUID.nameUUIDFromBytes((kept + " " + name).getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static String kept(@Nullable Path stateDir) throws IOException {
    String fresh = UUID.randomUUID().toString();
    if (stateDir == null) {
      return fresh;
    }
    Files.createDirectories(stateDir);
    Path file = stateDir.resolve("instance");
    if (Files.exists(file) && Files.size(file) <= MAX_INSTANCE_BYTES) {
      String text = Files.readString(file).strip();
      if (text.matches("[0-9a-f-]{36}")) {
        return text;
      }
    }
    Files.writeString(file, fresh);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      // Whoever knows it can be this probe.
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
    return fresh;
  }

  private static @Nullable String value(Map<String, String> env, String variable) {
    String value = env.get(variable);
    return value == null || value.isBlank() ? null : value.strip();
  }
}

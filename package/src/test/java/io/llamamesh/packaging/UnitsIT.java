package io.llamamesh.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The units' commands on machines without Java, over HTTPS. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "a package is for Linux")
@Execution(ExecutionMode.CONCURRENT)
class UnitsIT {
  private static final Pattern COMMAND =
      Pattern.compile("(?m)^ExecStart=(\\S+) ((?:.*\\\\\\n)*.*)$");
  private static final String LAUNCHER = "/opt/llama-mesh/bin/llama-mesh";
  private static final String CREDENTIALS = "/run/credentials";
  private static final String PASSWORD = "changeit";

  @TempDir private Path folder;

  @Test
  void aRegistryItsProbesAndAScraperGiveAMatrix() throws Exception {
    Optional<String> missing = Machines.missing();
    Assumptions.assumeTrue(missing.isEmpty(), missing::orElseThrow);
    Map<String, List<String>> hosts = new LinkedHashMap<>();
    hosts.put("registry", List.of("registry.example"));
    for (String name : List.of("one", "two", "scraper")) {
      hosts.put(name, List.of());
    }
    try (Machines machines = Machines.of(folder.resolve("machines"), hosts)) {
      certify(machines);
      machines.start("registry", Map.of(), command("registry"));
      for (String name : List.of("one", "two")) {
        machines.start(
            name,
            Map.of("PROBE_NAME", name, "LLAMA_GROUP", "wan"),
            with(command("agent"), "--ca-file=" + CREDENTIALS + "/cert.pem"));
      }
      machines.start(
          "scraper",
          Map.of(),
          with(command("scraper"), "--registry-ca-file=" + CREDENTIALS + "/cert.pem"));

      machines.awaitMatrix("one", "two");

      Tool.Outcome send = machines.run("scraper", LAUNCHER, "send", machines.address("one"));
      assertThat(send.code()).as(send.output()).isZero();
    }
  }

  /** A unit's command with its folders, without the launcher. */
  private static List<String> command(String unit) throws IOException {
    String text =
        Files.readString(
            PackageFile.ROOT.resolve("examples/outside/llama-mesh-" + unit + ".service"));
    Matcher matcher = COMMAND.matcher(text);
    assertThat(matcher.find()).isTrue();
    assertThat(matcher.group(1)).isEqualTo(LAUNCHER);
    return Arrays.stream(matcher.group(2).split("\\s+(\\\\\\s+)?", -1))
        .map(word -> word.replace("%d", CREDENTIALS).replace("%S", "/var/lib"))
        .toList();
  }

  private static List<String> with(List<String> command, String option) {
    List<String> all = new ArrayList<>(command);
    all.add(option);
    return all;
  }

  /** Its state folder, and what LoadCredential= puts into its credentials. */
  private void certify(Machines machines) throws Exception {
    Path keys = folder.resolve("keys");
    var _ =
        Tool.call(
            Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
            "-genkeypair",
            "-alias",
            "a",
            "-keyalg",
            "EC",
            "-dname",
            "CN=registry.example",
            "-ext",
            "san=dns:registry.example",
            "-validity",
            "2",
            "-storepass",
            PASSWORD,
            "-keystore",
            keys.toString());
    KeyStore store = KeyStore.getInstance(keys.toFile(), PASSWORD.toCharArray());
    String key = pem("PRIVATE KEY", store.getKey("a", PASSWORD.toCharArray()).getEncoded());
    String certificate = pem("CERTIFICATE", store.getCertificate("a").getEncoded());
    for (String name : List.of("registry", "one", "two", "scraper")) {
      Path credentials = machines.root(name).resolve(CREDENTIALS.substring(1));
      Files.writeString(credentials.resolve("token"), "a-token-of-this-test\n");
      Files.writeString(credentials.resolve("cert.pem"), certificate);
      if (name.equals("registry")) {
        Files.writeString(credentials.resolve("key.pem"), key);
      }
      for (String program : List.of("registry", "agent", "scraper")) {
        Files.createDirectories(machines.root(name).resolve("var/lib/llama-mesh-" + program));
      }
    }
  }

  private static String pem(String type, byte[] bytes) {
    return "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes));
  }
}

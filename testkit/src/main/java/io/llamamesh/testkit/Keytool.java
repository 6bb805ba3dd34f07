package io.llamamesh.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Keys and certificates by the JDK's keytool. */
final class Keytool {
  /** Of all keystores; what is in them is for tests. */
  static final String PASSWORD = "changeit";

  private Keytool() {}

  /**
   * Makes a keystore with one EC key {@code a} and its certificate, its own authority.
   *
   * @param name of the certificate's subject, without blanks
   * @param alternatives as keytool's {@code san} takes them: {@code ip:127.0.0.1,dns:name}
   */
  static void generate(Path keystore, String name, String alternatives)
      throws IOException, InterruptedException {
    run(
        keystore,
        "-genkeypair -alias a -keyalg EC -dname CN=%s -ext san=%s -validity 2"
            .formatted(name, alternatives));
  }

  /** Writes the certificate of {@link #generate} as PEM. */
  static void export(Path keystore, Path certificate) throws IOException, InterruptedException {
    run(keystore, "-exportcert -rfc -alias a -file " + certificate);
  }

  private static void run(Path keystore, String arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments.split(" ", -1)));
    command.addAll(List.of("-storepass", PASSWORD, "-keystore", keystore.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed: " + output);
    }
  }
}

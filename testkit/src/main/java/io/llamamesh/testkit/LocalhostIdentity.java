package io.llamamesh.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A key of 127.0.0.1 and its certificate, made by the JDK's keytool: a server that is its own
 * authority.
 *
 * @param folder where they are
 */
public record LocalhostIdentity(Path folder) {
  private static final String PASSWORD = "changeit";

  /**
   * Makes one.
   *
   * @param folder made for it
   */
  public static LocalhostIdentity in(Path folder) throws IOException, InterruptedException {
    LocalhostIdentity made = new LocalhostIdentity(Files.createDirectory(folder));
    made.keytool(
        "-genkeypair -alias a -keyalg EC -dname CN=test -ext san=ip:127.0.0.1 -validity 2");
    made.keytool("-exportcert -rfc -alias a -file " + made.certificate());
    return made;
  }

  /** The certificate to be trusted, PEM, by the name that a ServiceAccount's volume gives it. */
  public Path certificate() {
    return folder.resolve("ca.crt");
  }

  /** TLS for the server. */
  public SSLContext context() throws IOException, GeneralSecurityException {
    char[] password = PASSWORD.toCharArray();
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(KeyStore.getInstance(keys().toFile(), password), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private Path keys() {
    return folder.resolve("keys");
  }

  private void keytool(String arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments.split(" ", -1)));
    command.addAll(List.of("-storepass", PASSWORD, "-keystore", keys().toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("keytool failed: " + output);
    }
  }
}

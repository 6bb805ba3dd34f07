package io.llamamesh.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A key of 127.0.0.1 and its certificate, made by the JDK's keytool: a server that is its own
 * authority.
 *
 * @param folder where they are
 */
public record LocalhostIdentity(Path folder) {
  /**
   * Makes one.
   *
   * @param folder made for it
   */
  public static LocalhostIdentity in(Path folder) throws IOException, InterruptedException {
    LocalhostIdentity made = new LocalhostIdentity(Files.createDirectory(folder));
    Keytool.generate(made.keys(), "test", "ip:127.0.0.1");
    Keytool.export(made.keys(), made.certificate());
    return made;
  }

  /** The certificate to be trusted, PEM, by the name that a ServiceAccount's volume gives it. */
  public Path certificate() {
    return folder.resolve("ca.crt");
  }

  /** TLS for the server. */
  public SSLContext context() throws IOException, GeneralSecurityException {
    char[] password = Keytool.PASSWORD.toCharArray();
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
}

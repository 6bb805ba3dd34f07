package io.llamamesh.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;

/**
 * Two certificates of an API server, each its own authority, one of which it shows. Kubelets and
 * administrators trust both from the beginning; pods trust what is published to them.
 */
final class ServingCertificates {
  private static final List<String> NAMES = List.of("a", "b");

  private final Path folder;
  private int shown;

  private ServingCertificates(Path folder) {
    this.folder = folder;
  }

  /**
   * Makes them, unless the folder has them already; then the first is shown.
   *
   * @param addresses where clients reach the API server
   */
  static ServingCertificates in(Path folder, List<String> addresses)
      throws IOException, InterruptedException {
    ServingCertificates made = new ServingCertificates(folder);
    if (!Files.exists(made.trusted())) {
      Files.createDirectories(folder);
      StringBuilder alternatives =
          new StringBuilder("dns:kubernetes,dns:kubernetes.default,dns:kubernetes.default.svc");
      addresses.forEach(address -> alternatives.append(",ip:").append(address));
      StringBuilder all = new StringBuilder();
      for (String name : NAMES) {
        Path keystore = folder.resolve(name + ".p12");
        Keytool.generate(keystore, "kube-apiserver-" + name, alternatives.toString());
        Keytool.export(keystore, made.certificate(name));
        ControlPlane.pem(made.key(name), "PRIVATE KEY", key(keystore));
        all.append(Files.readString(made.certificate(name)));
      }
      Files.writeString(made.trusted(), all);
    }
    made.publish(false);
    return made;
  }

  private static byte[] key(Path keystore) throws IOException {
    char[] password = Keytool.PASSWORD.toCharArray();
    try {
      return KeyStore.getInstance(keystore.toFile(), password).getKey("a", password).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IOException("no key in " + keystore, e);
    }
  }

  private Path certificate(String name) {
    return folder.resolve(name + ".crt");
  }

  private Path key(String name) {
    return folder.resolve(name + ".key");
  }

  /** The one that is shown. */
  Path certificate() {
    return certificate(NAMES.get(shown));
  }

  /** The key of the one that is shown. */
  Path key() {
    return key(NAMES.get(shown));
  }

  /** Both, for whoever must never be without the API server. */
  Path trusted() {
    return folder.resolve("trusted.crt");
  }

  /** The authorities that pods get to trust. */
  Path published() {
    return folder.resolve("published.crt");
  }

  /**
   * Publishes the one that is shown.
   *
   * @param both and the other
   */
  void publish(boolean both) throws IOException {
    Files.writeString(published(), Files.readString(both ? trusted() : certificate()));
  }

  /** From now on the other one is shown. */
  void exchange() {
    shown = 1 - shown;
  }
}

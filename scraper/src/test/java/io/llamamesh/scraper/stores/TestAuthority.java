package io.llamamesh.scraper.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** A certificate authority made by the JDK's keytool. */
public final class TestAuthority {
  private static final String PASSWORD = "changeit";
  private final Path folder;

  /** A server's certificate, with its authority's, and its key; PEM files. */
  public record Identity(Path certificate, Path key) {}

  /** Makes its key. */
  public TestAuthority(Path folder) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    keytool("-genkeypair", "-alias", "ca", "-dname", "CN=test authority", "-ext", "bc:c");
    keytool("-exportcert", "-rfc", "-alias", "ca", "-file", certificate().toString());
  }

  /** Its own certificate, to be trusted. */
  public Path certificate() {
    return folder.resolve("ca.pem");
  }

  /** A server's identity. */
  public Identity identity(String subjectAlternativeName)
      throws IOException, InterruptedException, GeneralSecurityException {
    keytool("-genkeypair", "-alias", "server", "-dname", "CN=store");
    Path request = folder.resolve("server.csr");
    Path certificate = folder.resolve("server.pem");
    keytool("-certreq", "-alias", "server", "-file", request.toString());
    keytool(
        "-gencert",
        "-rfc",
        "-alias",
        "ca",
        "-ext",
        "san=" + subjectAlternativeName,
        "-infile",
        request.toString(),
        "-outfile",
        certificate.toString());
    Path key = folder.resolve("server.key");
    KeyStore store = KeyStore.getInstance(keys().toFile(), PASSWORD.toCharArray());
    byte[] pkcs8 = store.getKey("server", PASSWORD.toCharArray()).getEncoded();
    Files.writeString(
        key,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pkcs8)
            + "\n-----END PRIVATE KEY-----\n");
    return new Identity(certificate, key);
  }

  private Path keys() {
    return folder.resolve("keys.p12");
  }

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of("-keystore", keys().toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
    if (arguments[0].equals("-genkeypair")) {
      command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
    }
    Path log = folder.resolve("keytool.log");
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start()
            .waitFor();
    if (code != 0) {
      throw new IOException("keytool failed: " + Files.readString(log));
    }
  }
}

package io.llamamesh.keys;

import io.llamamesh.registration.RegistryConnection;
import io.llamamesh.results.ControlCharacters;
import io.llamamesh.tls.CertificateAuthorities;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Client of the server that hands out keys. It trusts that server's own authority and nobody else,
 * and shows the pod's token to nobody else. An answer takes ten seconds and four megabytes at most.
 */
public final class KeyClient {
  private static final int MAX_TOKEN_BYTES = 16 << 10;
  private static final int OK = 200;
  private static final int LONGEST_REASON = 200;

  /** With two operators, all of them fail once in 64 times; with three, once in 11. */
  private static final int MAX_TRIES = 6;

  private KeyClient() {}

  /**
   * Fetches what the pod whose files these are may have.
   *
   * @param folder with {@link KeyService#TOKEN_FILE}, read for each request since it is renewed
   * @return a document: {@link NodeKeys} of an agent, {@link ReaderKeys} of a scraper
   * @throws IOException where there is no answer, or a refusal, with the server's words
   */
  public static byte[] fetch(KeyService service, Path folder) throws IOException {
    String token = token(folder.resolve(KeyService.TOKEN_FILE));
    RegistryConnection connection =
        new RegistryConnection(
            URI.create(service.url()),
            trust(service.authority()),
            InetAddress::getAllByName,
            System::nanoTime);
    RegistryConnection.Answer answer =
        send(
            connection,
            Map.of("Authorization", "Bearer " + token, "Content-Type", "application/json"),
            KeyRequest.of(service.mesh()).toJson());
    if (answer.status() != OK) {
      throw new IOException("HTTP " + answer.status() + ": " + excerpt(answer.body()));
    }
    return answer.body();
  }

  /**
   * Sends a request, again where the connection was refused: of several operators the one that
   * leads listens, and a Service leads each connection to any of them.
   */
  static RegistryConnection.Answer send(
      RegistryConnection connection, Map<String, String> headers, byte[] body) throws IOException {
    for (int tries = 1; ; tries++) {
      try {
        return connection.send("POST", KeyService.PATH, headers, body);
      } catch (IOException e) {
        if (tries == MAX_TRIES || !isRefused(e)) {
          throw e;
        }
      }
    }
  }

  /** True if no address took the connection, so that nothing was sent. */
  private static boolean isRefused(IOException failure) {
    Throwable[] ofAddresses = failure.getSuppressed();
    return ofAddresses.length > 0
        && Arrays.stream(ofAddresses).allMatch(e -> e.getCause() instanceof ConnectException);
  }

  private static String token(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_TOKEN_BYTES + 1);
    }
    String token = new String(bytes, StandardCharsets.UTF_8).strip();
    if (bytes.length > MAX_TOKEN_BYTES || token.isEmpty() || !token.matches("[\\x21-\\x7e]+")) {
      throw new IOException(file + " holds no token");
    }
    return token;
  }

  private static SSLContext trust(String authority) throws IOException {
    try {
      X509ExtendedTrustManager trust =
          CertificateAuthorities.trusting(authority.getBytes(StandardCharsets.US_ASCII));
      if (trust == null) {
        throw new IOException("the server's authority cannot be used: no certificate in it");
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {trust}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the server's authority cannot be used: " + e.getMessage(), e);
    }
  }

  private static String excerpt(byte[] body) {
    String text =
        new String(body, 0, Math.min(body.length, LONGEST_REASON), StandardCharsets.UTF_8);
    return ControlCharacters.replaced(text.replaceAll("\\s+", " ").strip());
  }
}

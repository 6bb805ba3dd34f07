package io.llamamesh.agent.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * Address and credentials of the Kubernetes API: in a pod its service account, elsewhere a
 * kubeconfig with a token. A token in a file is read for each request, since it is renewed there;
 * so are the certificate authorities.
 */
public final class ApiAccess {

  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int LONGEST_REASON = 8192;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final URI server;
  private final @Nullable Authorities trusted;
  private final @Nullable Path tokenFile;
  private final @Nullable String token;

  private ApiAccess(
      URI server, @Nullable Authorities trusted, @Nullable Path tokenFile, @Nullable String token) {
    this.server = server;
    this.trusted = trusted;
    this.tokenFile = tokenFile;
    this.token = token;
  }

  /** A server that is reached as it is, with a token. */
  public static ApiAccess plain(URI server, String token) {
    return new ApiAccess(server, null, null, token);
  }

  /**
   * Access by the environment: {@code KUBECONFIG}; in a pod its service account; else {@code
   * ~/.kube/config}.
   *
   * @throws IOException when there is none of these, or it cannot be used
   */
  public static ApiAccess of(Map<String, String> environment) throws IOException {
    String file = environment.get("KUBECONFIG");
    if (file != null && !file.isBlank()) {
      return kubeconfig(Path.of(file));
    }
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    if (host != null) {
      String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
      return inPod(host, port, ACCOUNT);
    }
    Path home = Path.of(environment.getOrDefault("HOME", "/")).resolve(".kube/config");
    if (Files.exists(home)) {
      return kubeconfig(home);
    }
    throw new IOException(
        "no Kubernetes API: not in a pod, KUBECONFIG is not set and " + home + " does not exist");
  }

  static ApiAccess inPod(String host, String port, Path account) throws IOException {
    String name = host.contains(":") ? "[" + host + "]" : host;
    return new ApiAccess(
        URI.create("https://" + name + ":" + port),
        Authorities.of(account.resolve("ca.crt")),
        account.resolve("token"),
        null);
  }

  static ApiAccess kubeconfig(Path file) throws IOException {
    try {
      JsonNode all = YAMLMapper.builder().build().readTree(Files.readAllBytes(file));
      String context = all.path("current-context").asText();
      JsonNode names = named(all.path("contexts"), context, "context");
      JsonNode cluster = named(all.path("clusters"), names.path("cluster").asText(), "cluster");
      JsonNode user = named(all.path("users"), names.path("user").asText(), "user");
      return new ApiAccess(
          URI.create(required(cluster, "server")),
          certificates(file, cluster),
          user.hasNonNull("tokenFile") ? Path.of(user.get("tokenFile").asText()) : null,
          user.hasNonNull("token") ? user.get("token").asText() : null);
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException("kubeconfig " + file + ": " + e.getMessage(), e);
    }
  }

  /** Entries look like {@code {name: x, cluster: {…}}}. */
  private static JsonNode named(JsonNode list, String name, String what) throws IOException {
    for (JsonNode entry : list) {
      if (entry.path("name").asText().equals(name)) {
        return entry.path(what);
      }
    }
    throw new IOException("there is no " + what + " '" + name + "'");
  }

  private static String required(JsonNode node, String field) throws IOException {
    if (!node.hasNonNull(field)) {
      throw new IOException(field + " is missing");
    }
    return node.get(field).asText();
  }

  private static @Nullable Authorities certificates(Path file, JsonNode cluster)
      throws IOException {
    if (cluster.path("insecure-skip-tls-verify").asBoolean()) {
      throw new IOException(
          "insecure-skip-tls-verify is not supported, give certificate-authority");
    }
    if (cluster.hasNonNull("certificate-authority-data")) {
      return Authorities.fixed(
          Base64.getDecoder().decode(cluster.get("certificate-authority-data").asText()));
    }
    if (cluster.hasNonNull("certificate-authority")) {
      Path named = Path.of(cluster.get("certificate-authority").asText());
      return Authorities.of(file.resolveSibling(named));
    }
    return null; // the system's own authorities
  }

  /**
   * Sends a GET.
   *
   * @param patience between two bytes of the answer
   * @return the body, which the caller closes
   * @throws GoneException when the requested version is no longer kept
   * @throws RetryAfterException when the API refuses it for now and says when to retry
   * @throws IOException when the API cannot be reached or answers with anything but 200
   */
  InputStream get(String path, Duration patience) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(server + path).toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout((int) CONNECT.toMillis());
    connection.setReadTimeout((int) patience.toMillis());
    connection.setInstanceFollowRedirects(false);
    connection.setRequestProperty("Accept", "application/json");
    String bearer = bearer();
    if (bearer != null) {
      connection.setRequestProperty("Authorization", "Bearer " + bearer);
    }
    if (trusted != null && connection instanceof HttpsURLConnection secure) {
      secure.setSSLSocketFactory(trusted.sockets());
    }
    int status = status(connection);
    if (status == HttpURLConnection.HTTP_OK) {
      return connection.getInputStream();
    }
    String message = "the API answered " + status + " to " + path.replaceFirst("\\?.*", "");
    message += reason(connection);
    Duration after = retryAfter(connection.getHeaderField("Retry-After"));
    connection.disconnect();
    if (status == HttpURLConnection.HTTP_GONE) {
      throw new GoneException();
    }
    if (after != null) {
      throw new RetryAfterException(message, after);
    }
    throw new IOException(message);
  }

  private static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (SSLHandshakeException e) {
      throw untrusted(e);
    }
  }

  /** Names the certificate as the cause, where it is. */
  private static SSLException untrusted(SSLHandshakeException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return new SSLException("the API's certificate is not trusted: " + e.getMessage(), e);
      }
    }
    return e;
  }

  /** Reason in the API's own words, such as which right is missing; empty where it has none. */
  private static String reason(HttpURLConnection connection) {
    try (InputStream body = connection.getErrorStream()) {
      String why =
          body == null
              ? ""
              : JSON.readTree(body.readNBytes(LONGEST_REASON)).path("message").asText();
      return why.isBlank() ? "" : ": " + why.strip();
    } catch (IOException e) {
      return ""; // not JSON, or cut off: the status alone has to do
    }
  }

  /** Seconds of a {@code Retry-After} header; null where it has none, or a date. */
  private static @Nullable Duration retryAfter(@Nullable String header) {
    try {
      return header == null ? null : Duration.ofSeconds(Integer.parseUnsignedInt(header.strip()));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private @Nullable String bearer() throws IOException {
    return tokenFile == null ? token : Files.readString(tokenFile).strip();
  }

  @Override
  public String toString() {
    return server.toString();
  }
}

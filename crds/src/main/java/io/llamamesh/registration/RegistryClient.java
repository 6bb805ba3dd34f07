package io.llamamesh.registration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateNotYetValidException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A probe's connection to a registry: llama-sd's server or ours. Not thread-safe; calls wait for
 * the answer, ten seconds at most beside the look-up of the name.
 */
public final class RegistryClient {
  /** No clock that is right shows less; boards without a battery start in 1970. */
  private static final Instant NO_EARLIER = Instant.parse("2026-01-01T00:00:00Z");

  private static final int MAX_PORT = 65_535;
  private static final int MAX_LISTED = 20_000;
  private static final int MAX_TOKENS_BYTES = 64 << 10;
  private static final JsonMapper JSON = new JsonMapper();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(32).build());
  }

  private final URI server;
  private final String base;
  private final @Nullable Path tokenFile;
  private final RegistryConnection connection;
  private final InstantSource clock;

  /**
   * A config as the registry gave it.
   *
   * @param yaml LLAMA's YAML
   * @param etag by which it is asked whether it has changed; null where the registry has none
   */
  public record Config(String yaml, @Nullable String etag) {}

  /**
   * A probe as the registry lists it.
   *
   * @param group its group
   * @param ip its address, a literal
   * @param port its port
   * @param seen where it registers from, where its address means something at its own site only;
   *     else empty
   * @param name its name; empty where it says none
   * @param push whether it posts its windows itself, so that it is not polled
   * @param tags its tags that are texts
   */
  public record ListedProbe(
      String group,
      String ip,
      int port,
      String seen,
      String name,
      boolean push,
      Map<String, String> tags) {
    public ListedProbe {
      tags = Map.copyOf(tags);
    }

    /** A probe of whose tags nothing is known. */
    public ListedProbe(String group, String ip, int port, String seen, String name, boolean push) {
      this(group, ip, port, seen, name, push, Map.of());
    }

    /** A probe that is polled, of which no name is known. */
    public ListedProbe(String group, String ip, int port, String seen) {
      this(group, ip, port, seen, "", false);
    }
  }

  /**
   * The registry's answer to a registration.
   *
   * @param notice why the probe is not served as it registered, for people; empty where it is
   * @param site address that its registration comes from, where only probes from there are given
   *     its own as a target; empty where all are
   */
  public record Receipt(String notice, String site) {}

  RegistryClient(
      URI server,
      @Nullable Path tokenFile,
      @Nullable SSLContext tls,
      RegistryConnection.Resolver resolver,
      LongSupplier nanos,
      InstantSource clock) {
    this.server = server;
    this.base = server.getRawPath() == null ? "" : server.getRawPath().replaceFirst("/+$", "");
    this.tokenFile = tokenFile;
    this.connection = new RegistryConnection(server, tls, resolver, nanos);
    this.clock = clock;
  }

  /**
   * A client; nothing is sent yet.
   *
   * @param server base URL, as {@code https://registry.example:5000}; its user info, if any, is
   *     shown as a basic log-in
   * @param tokenFile file with the token, read at each request; null for none
   * @param tls trust for https; null: the JDK's
   * @throws IllegalArgumentException where the URL is none
   */
  public static RegistryClient of(
      String server, @Nullable Path tokenFile, @Nullable SSLContext tls) {
    return new RegistryClient(
        url(server),
        tokenFile,
        tls,
        InetAddress::getAllByName,
        System::nanoTime,
        InstantSource.system());
  }

  static URI url(String server) {
    String text = server.contains("://") ? server : "http://" + server;
    try {
      URI url = URI.create(text);
      boolean http =
          "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
      if (http && url.getHost() != null && url.getQuery() == null) {
        return url;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(notUrl(server), e);
    }
    throw new IllegalArgumentException(notUrl(server));
  }

  private static String notUrl(String server) {
    // Without what may be a token.
    return "'"
        + server.replaceFirst("//[^/@]*@", "//…@")
        + "' is no registry's URL such as http://registry.example:5000";
  }

  /** The server without credentials, for people. */
  public String server() {
    return server.getScheme()
        + "://"
        + server.getHost()
        + (server.getPort() > 0 ? ":" + server.getPort() : "")
        + base;
  }

  /**
   * Registers, or renews.
   *
   * @throws RegistryAnswerException where it refuses
   * @throws IOException where it does not answer
   */
  public Receipt register(ProbeRegistration registration) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json; charset=utf-8");
    headers.put("Prefer", "return=minimal");
    RegistryConnection.Answer answer =
        send("POST", "/api/v1/register", headers, registration.json());
    return answer.headers().containsKey("preference-applied")
        ? receipt(answer.body())
        : new Receipt("", "");
  }

  private static Receipt receipt(byte[] body) {
    try {
      JsonNode answer = JSON.readTree(body);
      JsonNode conflict = answer.path("conflict");
      String notice =
          conflict.isObject()
              ? "%s: %s has %s; %s"
                  .formatted(
                      conflict.path("state").asText(),
                      conflict.path("winner").asText(),
                      conflict.path("what").asText(),
                      conflict.path("remedy").asText())
              : "";
      return new Receipt(notice, clean(answer.path("entry").path("seen_ip").asText("")));
    } catch (IOException e) {
      return new Receipt("", "");
    }
  }

  /**
   * Asks from which address our requests arrive at the registry.
   *
   * @return this host's own address where it is a site's own and the registry sees another, so that
   *     there is address translation between them; null where others may reach this host at the
   *     address that the registry sees
   * @throws IOException where the registry does not answer
   */
  public @Nullable String translatedAddress() throws IOException {
    RegistryConnection.Answer answer =
        send("GET", "/api/v1/my_ip_address", new LinkedHashMap<>(), new byte[0]);
    String seen = JSON.readTree(answer.body()).path("ip").asText("");
    InetAddress own = connection.localAddress();
    if (own == null || !isSiteOwn(own) || own.getHostAddress().equals(seen)) {
      return null;
    }
    return own.getHostAddress();
  }

  /** Returns whether an address means something at its own site only (RFC 1918, 6598, 4193). */
  static boolean isSiteOwn(InetAddress address) {
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 0xff;
    return bytes.length == 4
        ? address.isSiteLocalAddress() || (first == 100 && (bytes[1] & 0xc0) == 64)
        : (first & 0xfe) == 0xfc;
  }

  /**
   * Fetches the config of a probe that is registered.
   *
   * @param known what it has; null for nothing
   * @return null where that is what the registry has
   * @throws RegistryAnswerException where it refuses
   * @throws IOException where it does not answer
   */
  public @Nullable Config config(ProbeRegistration registration, @Nullable Config known)
      throws IOException {
    String group = registration.group() == null ? "default" : registration.group();
    StringBuilder target = new StringBuilder("/api/v1/config/");
    target.append(URLEncoder.encode(group, StandardCharsets.UTF_8).replace("+", "%20"));
    target.append("?llamaport=").append(registration.port());
    if (registration.ip() != null) {
      target.append("&srcip=").append(URLEncoder.encode(registration.ip(), StandardCharsets.UTF_8));
    }
    Map<String, String> headers = new LinkedHashMap<>();
    if (registration.instance() != null) {
      headers.put("Llama-Instance", registration.instance());
    }
    if (known != null && known.etag() != null) {
      headers.put("If-None-Match", known.etag());
    }
    RegistryConnection.Answer answer = send("GET", target.toString(), headers, new byte[0]);
    if (answer.status() == 304) {
      if (known == null) {
        throw new IOException(server() + " says that a config is unchanged that was never given");
      }
      return null;
    }
    try {
      String yaml =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(answer.body())).toString();
      return new Config(yaml, answer.headers().get("etag"));
    } catch (CharacterCodingException e) {
      throw new IOException("the config from " + server() + " is not UTF-8", e);
    }
  }

  /**
   * Fetches who is registered, over all groups.
   *
   * @return in the registry's order; what names no address and port is left out
   * @throws RegistryAnswerException where it refuses
   * @throws IOException where it does not answer, or not with a list
   */
  public List<ListedProbe> list() throws IOException {
    RegistryConnection.Answer answer =
        send("GET", "/api/v1/list", new LinkedHashMap<>(), new byte[0]);
    JsonNode groups = JSON.readTree(answer.body());
    if (!groups.isObject()) {
      throw new IOException("the list from " + server() + " is no JSON object");
    }
    List<ListedProbe> probes = new ArrayList<>();
    for (Map.Entry<String, JsonNode> group : groups.properties()) {
      for (JsonNode entry : group.getValue()) {
        String ip = entry.path("ip").asText("");
        int port = entry.path("port").asInt();
        boolean literal = ip.matches("[0-9a-fA-F:.]{2,45}");
        if (literal && port >= 1 && port <= MAX_PORT && probes.size() < MAX_LISTED) {
          probes.add(
              new ListedProbe(
                  group.getKey(),
                  ip,
                  port,
                  entry.path("seen_ip").asText(""),
                  entry.path("tags").path("probe_name").asText("").strip(),
                  entry.path("push").asBoolean(false),
                  tags(entry.path("tags"))));
        }
      }
    }
    return probes;
  }

  private static Map<String, String> tags(JsonNode posted) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> tag : posted.properties()) {
      if (tag.getValue().isTextual()) {
        tags.put(tag.getKey(), tag.getValue().asText());
      }
    }
    return tags;
  }

  private RegistryConnection.Answer send(
      String method, String target, Map<String, String> headers, byte[] body) throws IOException {
    String authorization = authorization();
    if (authorization != null) {
      headers.put("Authorization", authorization);
    }
    RegistryConnection.Answer answer;
    try {
      answer = connection.send(method, base + target, headers, body);
    } catch (IOException e) {
      throw clockIsWrong(e)
          ? new IOException(
              "this host's clock says "
                  + clock.instant()
                  + ", before the registry's certificate begins; it is tried again until the clock"
                  + " is set",
              e)
          : e;
    }
    if (answer.status() / 100 == 2 || answer.status() == 304) {
      return answer;
    }
    throw new RegistryAnswerException(answer.status(), refusal(answer));
  }

  private String refusal(RegistryConnection.Answer answer) {
    if (answer.status() / 100 == 3) {
      return "HTTP %d: %s sends on to %s; name that one"
          .formatted(
              answer.status(), server(), clean(answer.headers().getOrDefault("location", "?")));
    }
    String words;
    try {
      words = JSON.readTree(answer.body()).path("error").asText("");
    } catch (JsonProcessingException e) {
      words = "";
    } catch (IOException e) {
      words = e.toString();
    }
    if (words.isEmpty()) {
      words = new String(answer.body(), StandardCharsets.UTF_8).replaceAll("<[^>]*>", " ");
    }
    return "HTTP " + answer.status() + ": " + clean(words);
  }

  private static String clean(String words) {
    String line = words.replaceAll("\\p{C}", " ").replaceAll(" +", " ").strip();
    return line.substring(0, Math.min(line.length(), 300));
  }

  private @Nullable String authorization() throws IOException {
    return authorization(tokenFile, server);
  }

  /**
   * Value of the header {@code Authorization}: the first token of a file, which has one a line,
   * else the user info of a URL; null where there is neither.
   */
  static @Nullable String authorization(@Nullable Path tokenFile, URI server) throws IOException {
    if (tokenFile != null) {
      if (Files.size(tokenFile) > MAX_TOKENS_BYTES) {
        throw new IOException("token file " + tokenFile + " is larger than tokens");
      }
      String token =
          Files.readString(tokenFile)
              .lines()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .findFirst()
              .orElse("");
      if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 127)) {
        throw new IOException("token file " + tokenFile + " holds no token, or more in a line");
      }
      return "Bearer " + token;
    }
    String login = server.getUserInfo();
    return login == null
        ? null
        : "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
  }

  private boolean clockIsWrong(IOException failure) {
    boolean early = clock.instant().isBefore(NO_EARLIER);
    for (Throwable suppressed : failure.getSuppressed()) {
      for (Throwable cause = suppressed; cause != null; cause = cause.getCause()) {
        if (cause instanceof CertificateNotYetValidException
            || (early && cause instanceof SSLException)) {
          return true;
        }
      }
    }
    return false;
  }
}

package io.llamamesh.operator.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyClient;
import io.llamamesh.keys.KeyRequest;
import io.llamamesh.keys.KeyService;
import io.llamamesh.keys.NodeKeys;
import io.llamamesh.tls.CertificateAuthorities;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of keys over TLS, and what a stranger can send it. */
final class KeyServerTest {
  private static final String GOOD = "good.pod.token";
  private static final String REQUEST = "{\"mesh\":\"uid\"}";

  @TempDir private Path folder;
  private final SecureRandom random = new SecureRandom();
  private final AtomicInteger reviews = new AtomicInteger();
  private final List<String> audiences = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private volatile boolean apiAway;
  private ServerAuthority authority;
  private KeyServer server;
  private HttpClient http;

  @BeforeEach
  void start() throws Exception {
    Instant now = Instant.now();
    authority = ServerAuthority.first(now, random);
    MeshKeyMaterial mesh =
        KeyIssuerTest.mesh(List.of(KeyIssuerTest.pod("agent-1", Component.AGENT, "n1")));
    server =
        new KeyServer(
            0,
            authority.serverIdentity("127.0.0.1", now, random),
            this::review,
            uid -> uid.equals("uid") ? mesh : null,
            new KeyRequestCounters(registry),
            () -> KeyIssuerTest.NOW);
    http = HttpClient.newBuilder().sslContext(trust(authority)).build();
  }

  @AfterEach
  void stop() {
    http.close();
    server.close();
  }

  private synchronized @Nullable ReviewedToken review(String token, String audience) {
    reviews.incrementAndGet();
    audiences.add(audience);
    if (apiAway) {
      throw new IllegalStateException("no answer");
    }
    return token.equals(GOOD)
        ? KeyIssuerTest.token("system:serviceaccount:ns:m-agent", "agent-1", "n1")
        : null;
  }

  @Test
  void aPodGetsItsKeysByItsToken() throws Exception {
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), GOOD);

    NodeKeys keys = NodeKeys.parse(KeyClient.fetch(service(authority), folder));

    assertThat(keys.node()).isEqualTo("n1");
    assertThat(audiences).containsExactly("keys.llamamesh.io/uid");
    assertThat(count("handed_out")).isEqualTo(1);
  }

  @Test
  void aTokenIsShownToNoServerOfAnotherAuthority() throws Exception {
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), GOOD);
    ServerAuthority other = ServerAuthority.first(Instant.now(), random);

    assertThatThrownBy(() -> KeyClient.fetch(service(other), folder))
        .isInstanceOf(IOException.class);
    assertThat(reviews).hasValue(0);
  }

  @Test
  void aRenewedCertificateIsShownFromTheNextConnectionOn() throws Exception {
    Files.writeString(folder.resolve(KeyService.TOKEN_FILE), GOOD);
    ServerAuthority next = ServerAuthority.first(Instant.now(), random);

    server.setIdentity(next.serverIdentity("127.0.0.1", Instant.now(), random));

    assertThat(KeyClient.fetch(service(next), folder)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"mesh\":null}",
        "{\"mesh\":\"\"}",
        "{\"mesh\":{\"mesh\":\"uid\"}}",
        "{\"mesh\":[\"uid\"]}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "{\"mesh\":\"uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\"}"
      })
  void aBodyThatIsNoneCostsNoReview(String body) throws Exception {
    assertThat(post(GOOD, body).statusCode()).isEqualTo(400);
    assertThat(reviews).hasValue(0);
  }

  @Test
  void aLongBodyIsCutOffAndCostsNoReview() throws Exception {
    HttpResponse<String> answer = post(GOOD, " ".repeat(KeyRequest.MAX_BYTES) + REQUEST);

    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(reviews).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "a.b", "a.b.c.d", "a.b.c!", "a b.c", ".."})
  void whatIsNoTokenCostsNoReview(String token) throws Exception {
    assertThat(post(token, REQUEST).statusCode()).isEqualTo(401);
    assertThat(reviews).hasValue(0);
  }

  @Test
  void otherMethodsAndPathsAreNotHere() throws Exception {
    assertThat(http.send(request("/v1/keys").GET().build(), BodyHandlers.ofString()).statusCode())
        .isEqualTo(405);
    for (String path : List.of("/", "/v1/keys/", "/v1/keys/uid", "/v1%2fkeys", "/v1/../v1/keys")) {
      assertThat(
              http.send(
                      request(path)
                          .header("Authorization", "Bearer " + GOOD)
                          .POST(HttpRequest.BodyPublishers.ofString(REQUEST))
                          .build(),
                      BodyHandlers.ofString())
                  .statusCode())
          .as(path)
          .isIn(200, 404);
    }
  }

  @Test
  void whoIsRefusedOverAndOverCostsTheApiServerNoMore() throws Exception {
    for (int i = 0; i < FailureLimiter.MOST_A_MINUTE; i++) {
      assertThat(post("a.b.c" + i, REQUEST).statusCode()).isEqualTo(401);
    }
    int before = reviews.get();

    assertThat(post("a.b.c", REQUEST).statusCode()).isEqualTo(429);
    assertThat(reviews).hasValue(before);
    assertThat(count("refused")).isEqualTo(FailureLimiter.MOST_A_MINUTE + 1.0);
  }

  @Test
  void anotherMeshIsNotKnownYet() throws Exception {
    assertThat(post(GOOD, "{\"mesh\":\"other\"}").statusCode()).isEqualTo(503);
    assertThat(reviews).hasValue(0);
  }

  @Test
  void withoutTheApiServerPodsAreToTryAgain() throws Exception {
    apiAway = true;

    assertThat(post(GOOD, REQUEST).statusCode()).isEqualTo(503);
  }

  @Test
  void plainHttpGetsNoAnswer() {
    try (HttpClient plain = HttpClient.newHttpClient()) {
      assertThatThrownBy(() ->
              plain.send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.port() + "/v1/keys"))
                      .header("Authorization", "Bearer " + GOOD)
                      .POST(HttpRequest.BodyPublishers.ofString(REQUEST))
                      .build(),
                  BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
    }
    assertThat(reviews).hasValue(0);
  }

  private HttpResponse<String> post(String token, String body)
      throws IOException, InterruptedException {
    return http.send(
        request("/v1/keys")
            .header("Authorization", "Bearer " + token)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path));
  }

  private KeyService service(ServerAuthority trusted) {
    return new KeyService("https://127.0.0.1:" + server.port(), trusted.pem(), "uid", "r");
  }

  private double count(String result) {
    return registry.get("llamamesh.operator.key.requests").tag("result", result).counter().count();
  }

  static SSLContext trust(ServerAuthority authority) throws Exception {
    X509ExtendedTrustManager trust =
        Objects.requireNonNull(
            CertificateAuthorities.trusting(authority.pem().getBytes(StandardCharsets.US_ASCII)));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {trust}, null);
    return context;
  }
}

package io.llamamesh.operator.keys;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsServer;
import io.llamamesh.http.BearerToken;
import io.llamamesh.http.BoundedHttpServer;
import io.llamamesh.keys.KeyRequest;
import io.llamamesh.keys.KeyService;
import io.llamamesh.results.ControlCharacters;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/keys} over TLS: hands a pod the keys that it may have, by its token. A refusal
 * says why in a line.
 *
 * <p>Bounded: {@value #MAX_AT_ONCE} requests at once, a body of {@link KeyRequest#MAX_BYTES}, and
 * {@link FailureLimiter} before the API server is asked. Owns its socket and threads; {@link
 * #close} ends them.
 */
final class KeyServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(KeyServer.class);
  private static final int MAX_AT_ONCE = 8;
  private static final int PATIENCE_SECONDS = 2;
  private static final String ALIAS = "keys";

  /** What any token of a ServiceAccount looks like: anything else costs no review. */
  private static final Pattern TOKEN =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  private final HttpsServer server;
  private final TokenReviewer reviewer;
  private final Function<String, @Nullable MeshKeyMaterial> meshes;
  private final KeyRequestCounters counters;
  private final InstantSource clock;
  private final FailureLimiter failures = new FailureLimiter(System::nanoTime);
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile ServerAuthority.ServerIdentity identity;

  /** An answer. */
  @SuppressWarnings("ArrayRecordComponent") // Sent, never compared.
  private record Answer(int status, String type, byte[] body) {
    static Answer refusal(int status, String why) {
      return new Answer(
          status,
          "text/plain; charset=utf-8",
          (ControlCharacters.replaced(why) + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  /**
   * Binds the port and starts to answer.
   *
   * @param meshes what there is to hand out, by a mesh's uid; any thread may ask
   * @throws IOException where the port cannot be bound
   */
  KeyServer(
      int port,
      ServerAuthority.ServerIdentity identity,
      TokenReviewer reviewer,
      Function<String, @Nullable MeshKeyMaterial> meshes,
      KeyRequestCounters counters,
      InstantSource clock)
      throws IOException {
    this.identity = identity;
    this.reviewer = reviewer;
    this.meshes = meshes;
    this.counters = counters;
    this.clock = clock;
    this.server = BoundedHttpServer.createSecure(new InetSocketAddress(port), 16, context());
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {new CurrentIdentity()}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the JDK cannot serve TLS: " + e.getMessage(), e);
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** Shows this from the next connection on. */
  void setIdentity(ServerAuthority.ServerIdentity next) {
    identity = next;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Answer answer;
      try {
        answer = answer(exchange);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        answer = Answer.refusal(503, "the operator is stopping");
      } catch (RuntimeException e) {
        LOG.error("request for keys failed", e);
        answer = Answer.refusal(500, "the operator failed to process it; see its log");
      }
      exchange.getResponseHeaders().set("Content-Type", answer.type());
      exchange.getResponseHeaders().set("Cache-Control", "no-store");
      BoundedHttpServer.closeAfterRefusal(exchange, answer.status());
      exchange.sendResponseHeaders(answer.status(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
      exchange.getResponseBody().flush();
    }
  }

  private Answer answer(HttpExchange exchange) throws IOException, InterruptedException {
    if (!exchange.getRequestURI().getPath().equals(KeyService.PATH)) {
      return Answer.refusal(404, "only " + KeyService.PATH + " is here");
    }
    if (!exchange.getRequestMethod().equals("POST")) {
      return Answer.refusal(405, "post {\"mesh\": UID}");
    }
    InetAddress source = exchange.getRemoteAddress().getAddress();
    if (failures.isExhausted(source)) {
      counters.countRefused();
      return Answer.refusal(429, "too many refused requests from this address; wait a minute");
    }
    String token = BearerToken.of(exchange.getRequestHeaders().getFirst("Authorization"));
    if (token == null || !TOKEN.matcher(token).matches()) {
      return refused(source, 401, "a pod's token is required");
    }
    byte[] body;
    try (InputStream in = exchange.getRequestBody()) {
      body = in.readNBytes(KeyRequest.MAX_BYTES + 1);
    }
    if (body.length > KeyRequest.MAX_BYTES) {
      return refused(source, 413, "longer than " + KeyRequest.MAX_BYTES + " bytes");
    }
    KeyRequest request;
    try {
      request = KeyRequest.parse(body);
    } catch (IOException e) {
      return refused(source, 400, "post {\"mesh\": UID}");
    }
    if (!atOnce.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      return Answer.refusal(503, "too many at once");
    }
    try {
      return answer(source, token, request.mesh());
    } finally {
      atOnce.release();
    }
  }

  private Answer answer(InetAddress source, String token, String uid) {
    MeshKeyMaterial mesh = meshes.apply(uid);
    if (mesh == null) {
      // Its first reconciliation may be to come.
      var _ = failures.recordFailure(source);
      return Answer.refusal(503, "no mesh with this uid has keys of nodes here, or not yet");
    }
    ReviewedToken reviewed;
    try {
      reviewed = reviewer.review(token, KeyService.audience(uid));
    } catch (RuntimeException e) {
      LOG.warn(
          "token not reviewed mesh={}/{} error={}", mesh.namespace(), mesh.name(), e.toString());
      return Answer.refusal(503, "the API server does not review tokens now");
    }
    if (reviewed == null) {
      return refused(source, 401, "the API server does not know this token for this mesh");
    }
    try {
      byte[] keys = KeyIssuer.issue(mesh, reviewed, clock.instant());
      counters.countHandedOut();
      return new Answer(200, "application/json", keys);
    } catch (KeyIssuer.RefusedException e) {
      return refused(source, 403, String.valueOf(e.getMessage()));
    }
  }

  private Answer refused(InetAddress source, int status, String why) {
    counters.countRefused();
    if (failures.recordFailure(source)) {
      LOG.warn(
          "keys refused source={} status={} error=\"{}\"",
          source.getHostAddress(),
          status,
          ControlCharacters.replaced(why));
    }
    return Answer.refusal(status, why);
  }

  /** Hands out the identity that is current. */
  private final class CurrentIdentity extends X509ExtendedKeyManager {
    @Override
    public String chooseEngineServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return chooseServerAlias(keyType, issuers, null);
    }

    // The interface's null, which it does not say: no key of that type.
    @SuppressWarnings("NullAway")
    @Override
    public String chooseServerAlias(
        String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return keyType.startsWith("EC") ? ALIAS : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return new X509Certificate[] {identity.certificate()};
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return identity.key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[] {ALIAS};
    }

    @Override
    public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
      return new String[0];
    }

    @SuppressWarnings("NullAway")
    @Override
    public String chooseClientAlias(
        String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
      return null;
    }
  }
}

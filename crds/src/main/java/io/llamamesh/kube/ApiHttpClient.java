package io.llamamesh.kube;

import io.llamamesh.tls.CertificateTrust;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's client as a Kubernetes client needs it: each watch ends after a while, by itself or cut
 * off ({@link WatchLimits}), and writes are refused once this process must not write any more.
 *
 * <p>Any thread may call.
 */
final class ApiHttpClient extends HttpClient {
  private static final int OK = 200;
  private static final int NO_CLOSE_FRAME = 1006;

  private final HttpClient client;
  private final WatchLimits limits;
  private final WatchAges ages;
  private final BooleanSupplier mayWrite;
  private final CertificateTrust trust;
  private final ScheduledExecutorService timer;
  private final RandomGenerator random = RandomGenerator.getDefault();

  ApiHttpClient(
      HttpClient client,
      WatchLimits limits,
      WatchAges ages,
      BooleanSupplier mayWrite,
      CertificateTrust trust,
      ScheduledExecutorService timer) {
    this.client = client;
    this.limits = limits;
    this.ages = ages;
    this.mayWrite = mayWrite;
    this.trust = trust;
    this.timer = timer;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    if (!request.method().equals("GET") && !mayWrite.getAsBoolean()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("not written, since this operator does not lead any more"));
    }
    if (!WatchUri.isWatch(request.uri())) {
      return noted(request.uri(), client.sendAsync(request, handler));
    }
    Duration life = limits.draw(random);
    String watch = WatchUri.key(request.uri());
    ages.recordOpening(watch);
    HttpRequest bounded =
        HttpRequest.newBuilder(request, (name, value) -> true)
            .uri(WatchUri.withTimeout(request.uri(), life))
            .timeout(limits.opening())
            .build();
    return noted(
        request.uri(),
        client.sendAsync(
            bounded,
            info ->
                info.statusCode() == OK
                    ? new WatchBody<>(handler.apply(info), watch, life)
                    : handler.apply(info)));
  }

  /** The same, since who cancels it means the request. */
  private <T> CompletableFuture<T> noted(URI uri, CompletableFuture<T> answer) {
    String server = "https://" + uri.getAuthority();
    var _ =
        answer.whenComplete((answered, problem) -> {
          if (problem == null) {
            trust.answered(server);
          } else {
            trust.failed(server, problem);
          }
        });
    return answer;
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return new WatchSocketBuilder(client.newWebSocketBuilder());
  }

  /** Ends one watch at the latest so long after it began, once. */
  private abstract class Deadline {
    private final String watch;
    private final long bound;
    private @Nullable ScheduledFuture<?> cut;
    private boolean ended;

    Deadline(String watch, Duration life) {
      this.watch = watch;
      this.bound = life.plus(limits.grace()).toMillis();
    }

    /** Closes the connection and fails the reader. */
    abstract void cut(IOException why);

    synchronized void begin() {
      ages.recordActivity(watch);
      if (!ended) {
        cut = timer.schedule(this::expire, bound, TimeUnit.MILLISECONDS);
      }
    }

    private synchronized void expire() {
      if (tryEnd()) {
        cut(new IOException("a watch did not end in time and was cut: " + watch));
      }
    }

    /** Something came; false where the watch was cut before. */
    boolean tryRecordActivity() {
      if (!ended) {
        ages.recordActivity(watch);
      }
      return !ended;
    }

    /** True the first time. */
    synchronized boolean tryEnd() {
      if (ended) {
        return false;
      }
      ended = true;
      if (cut != null) {
        cut.cancel(false);
      }
      return true;
    }
  }

  /** A watch over plain HTTP; its lock keeps the cut from meeting a piece that comes. */
  private final class WatchBody<T> extends Deadline implements BodySubscriber<T> {
    private final BodySubscriber<T> reader;
    private final AsciiJson json = new AsciiJson();
    private @Nullable Subscription subscription;

    WatchBody(BodySubscriber<T> reader, String watch, Duration life) {
      super(watch, life);
      this.reader = reader;
    }

    @Override
    public CompletionStage<T> getBody() {
      return reader.getBody();
    }

    @Override
    public synchronized void onSubscribe(Subscription given) {
      subscription = given;
      begin();
      reader.onSubscribe(
          new Subscription() {
            @Override
            public void request(long n) {
              given.request(n);
            }

            @Override
            public void cancel() {
              tryEnd();
              given.cancel();
            }
          });
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> pieces) {
      if (tryRecordActivity()) {
        reader.onNext(pieces.stream().map(json::next).toList());
      }
    }

    @Override
    public synchronized void onError(Throwable problem) {
      if (tryEnd()) {
        reader.onError(problem);
      }
    }

    @Override
    public synchronized void onComplete() {
      if (tryEnd()) {
        reader.onComplete();
      }
    }

    @Override
    void cut(IOException why) {
      if (subscription != null) {
        subscription.cancel();
      }
      reader.onError(why);
    }
  }

  /** A watch over a web socket. */
  private final class WatchSocket extends Deadline implements WebSocket.Listener {
    private final WebSocket.Listener reader;
    private @Nullable WebSocket socket;

    WatchSocket(WebSocket.Listener reader, String watch, Duration life) {
      super(watch, life);
      this.reader = reader;
    }

    @Override
    public synchronized void onOpen(WebSocket opened) {
      socket = opened;
      begin();
      reader.onOpen(opened);
    }

    @Override
    public synchronized @Nullable CompletionStage<?> onText(
        WebSocket from, CharSequence data, boolean last) {
      return tryRecordActivity() ? reader.onText(from, data, last) : null;
    }

    @Override
    public synchronized @Nullable CompletionStage<?> onBinary(
        WebSocket from, ByteBuffer data, boolean last) {
      return tryRecordActivity() ? reader.onBinary(from, data, last) : null;
    }

    @Override
    public synchronized @Nullable CompletionStage<?> onClose(
        WebSocket from, int code, String reason) {
      if (!tryEnd()) {
        return null;
      }
      if (code == NO_CLOSE_FRAME) {
        // The connection broke; fabric8 would answer with this code, which cannot be sent.
        from.abort();
        reader.onError(from, new IOException("the connection of a watch broke off"));
        return null;
      }
      return reader.onClose(from, code, reason);
    }

    @Override
    public synchronized void onError(WebSocket from, Throwable problem) {
      if (tryEnd()) {
        reader.onError(from, problem);
      }
    }

    @Override
    void cut(IOException why) {
      WebSocket open = socket;
      if (open != null) {
        open.abort();
        reader.onError(open, why);
      }
    }
  }

  private final class WatchSocketBuilder implements WebSocket.Builder {
    private final WebSocket.Builder builder;

    WatchSocketBuilder(WebSocket.Builder builder) {
      this.builder = builder;
      builder.connectTimeout(limits.opening());
    }

    @Override
    public WebSocket.Builder header(String name, String value) {
      builder.header(name, value);
      return this;
    }

    @Override
    public WebSocket.Builder connectTimeout(Duration timeout) {
      builder.connectTimeout(timeout);
      return this;
    }

    @Override
    public WebSocket.Builder subprotocols(String mostPreferred, String... lesserPreferred) {
      builder.subprotocols(mostPreferred, lesserPreferred);
      return this;
    }

    @Override
    public CompletableFuture<WebSocket> buildAsync(URI uri, WebSocket.Listener listener) {
      if (!WatchUri.isWatch(uri)) {
        return noted(uri, builder.buildAsync(uri, listener));
      }
      Duration life = limits.draw(random);
      String watch = WatchUri.key(uri);
      ages.recordOpening(watch);
      return noted(
          uri,
          builder.buildAsync(
              WatchUri.withTimeout(uri, life), new WatchSocket(listener, watch, life)));
    }
  }

  // The rest is the JDK's own.

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return client.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return client.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return client.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return client.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return client.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return client.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return client.authenticator();
  }

  @Override
  public Version version() {
    return client.version();
  }

  @Override
  public Optional<Executor> executor() {
    return client.executor();
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    return client.send(request, handler);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler, @Nullable PushPromiseHandler<T> pushes) {
    return sendAsync(request, handler);
  }

  @Override
  public void shutdownNow() {
    client.shutdownNow();
  }

  @Override
  public void shutdown() {
    client.shutdown();
  }

  @Override
  public boolean awaitTermination(Duration duration) throws InterruptedException {
    return client.awaitTermination(duration);
  }

  @Override
  public boolean isTerminated() {
    return client.isTerminated();
  }

  @Override
  public void close() {
    client.close();
  }
}

package io.llamamesh.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientImpl;
import io.llamamesh.tls.CertificateTrust;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.InetAddress;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** fabric8's way to the JDK's client, with {@link ApiHttpClient} between; for one client only. */
final class ApiHttpClientFactory extends JdkHttpClientFactory {
  private final WatchLimits limits;
  private final WatchAges ages;
  private final BooleanSupplier mayWrite;
  private final CertificateTrust trust;
  private final List<HttpClient> built = new CopyOnWriteArrayList<>();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("watch-limits-", 0).daemon().factory());

  ApiHttpClientFactory(
      WatchLimits limits, WatchAges ages, BooleanSupplier mayWrite, CertificateTrust trust) {
    this.limits = limits;
    this.ages = ages;
    this.mayWrite = mayWrite;
    this.trust = trust;
    timer.setRemoveOnCancelPolicy(true);
  }

  /** As fabric8 does it, but that authorities in a file are followed, which it reads once. */
  @Override
  public io.fabric8.kubernetes.client.http.HttpClient.Builder newBuilder(Config config) {
    var builder = super.newBuilder(config);
    String authorities = config.getCaCertFile();
    boolean inFile = authorities != null && config.getCaCertData() == null;
    if (inFile && !config.isTrustCerts() && config.getTrustStoreFile() == null) {
      try {
        builder.sslContext(
            SSLUtils.keyManagers(config),
            new TrustManager[] {new ReloadingTrustManager(Path.of(authorities))});
      } catch (IOException | GeneralSecurityException e) {
        throw KubernetesClientException.launderThrowable(e);
      }
    }
    return builder;
  }

  @Override
  protected HttpClient.Builder createNewHttpClientBuilder() {
    return new Builder(super.createNewHttpClientBuilder());
  }

  /** fabric8 ends its threads only; connections would stay until the client is collected. */
  @Override
  protected void closeHttpClient(JdkHttpClientImpl client) {
    super.closeHttpClient(client);
    built.forEach(HttpClient::shutdownNow);
    timer.shutdownNow();
    ages.clear();
  }

  private static SSLContext defaultContext() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has TLS", e);
    }
  }

  /**
   * The same suites, those with ChaCha20 first; a server that has none takes another. A JVM's
   * AES-GCM waits for the optimizing compiler: for its first forty megabytes, or for ever where
   * there is none, it takes five times the CPU.
   */
  private static String[] chaChaFirst(String[] suites) {
    return Arrays.stream(suites)
        .sorted(Comparator.comparing(suite -> !suite.contains("_CHACHA20_")))
        .toArray(String[]::new);
  }

  /** The JDK's builder, whose client is wrapped. */
  private final class Builder implements HttpClient.Builder {
    private final HttpClient.Builder builder;
    private SSLContext context = defaultContext();
    private SSLParameters parameters = new SSLParameters();

    Builder(HttpClient.Builder builder) {
      this.builder = builder;
    }

    @Override
    public HttpClient build() {
      parameters.setCipherSuites(
          chaChaFirst(
              Objects.requireNonNullElseGet(
                  parameters.getCipherSuites(),
                  () -> context.getDefaultSSLParameters().getCipherSuites())));
      builder.sslParameters(parameters);
      HttpClient client = builder.build();
      built.add(client);
      return new ApiHttpClient(client, limits, ages, mayWrite, trust, timer);
    }

    @Override
    public HttpClient.Builder cookieHandler(CookieHandler handler) {
      builder.cookieHandler(handler);
      return this;
    }

    @Override
    public HttpClient.Builder connectTimeout(Duration duration) {
      builder.connectTimeout(duration);
      return this;
    }

    @Override
    public HttpClient.Builder sslContext(SSLContext given) {
      context = given;
      builder.sslContext(given);
      return this;
    }

    @Override
    public HttpClient.Builder sslParameters(SSLParameters given) {
      parameters = given;
      return this;
    }

    @Override
    public HttpClient.Builder executor(Executor executor) {
      builder.executor(executor);
      return this;
    }

    @Override
    public HttpClient.Builder followRedirects(HttpClient.Redirect policy) {
      builder.followRedirects(policy);
      return this;
    }

    @Override
    public HttpClient.Builder version(HttpClient.Version version) {
      builder.version(version);
      return this;
    }

    @Override
    public HttpClient.Builder priority(int priority) {
      builder.priority(priority);
      return this;
    }

    @Override
    public HttpClient.Builder proxy(ProxySelector selector) {
      builder.proxy(selector);
      return this;
    }

    @Override
    public HttpClient.Builder authenticator(Authenticator authenticator) {
      builder.authenticator(authenticator);
      return this;
    }

    @Override
    public HttpClient.Builder localAddress(@Nullable InetAddress address) {
      builder.localAddress(address);
      return this;
    }
  }
}

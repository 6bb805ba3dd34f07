package io.llamamesh.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.llamamesh.tls.CertificateTrust;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Clients of the Kubernetes API, and all their time limits. Of an object with a field that cannot
 * be decoded they give all but that field, which {@link
 * io.llamamesh.crd.Names#UNREADABLE_ANNOTATION} names.
 *
 * <p>fabric8's own try eleven times, at last every 3.2 s, and wait 10 s for a connection: two
 * minutes where nobody answers. After an outage of any length these are at work again within half a
 * minute: an attempt takes at most 4 × 3 s where packets vanish, and watches wait at most 8 s
 * between two attempts.
 *
 * <p>HTTP/1.1 only: the JDK's client keeps a half-open HTTP/2 connection, and all requests with it,
 * until the kernel gives up after a quarter of an hour. A connection of HTTP/1.1 is dropped with
 * the first request that gets no answer.
 */
public final class ApiClients {
  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration REQUEST = Duration.ofSeconds(10);
  private static final int RETRIES = 3;
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);

  /** Doubled five times at most: 8 s. Also how long a watch that ended in order waits. */
  private static final Duration WATCH_AGAIN = Duration.ofMillis(250);

  /** One that gets no answer and one more fit between a Lease's renewal and its deadline. */
  private static final Duration PROMPT = Duration.ofSeconds(3);

  private final Supplier<Config> config;
  private final WatchLimits limits;
  private final CertificateTrust trust;

  private ApiClients(Supplier<Config> config, WatchLimits limits, CertificateTrust trust) {
    this.config = config;
    this.limits = limits;
    this.trust = trust;
  }

  /**
   * Clients for a connection that is read anew for each client, since certificates change; the
   * limits above replace those in it.
   */
  public static ApiClients of(Supplier<Config> config) {
    return new ApiClients(config, WatchLimits.DEFAULT, new CertificateTrust());
  }

  /** The same with other limits of watches, for tests. */
  public ApiClients withWatchLimits(WatchLimits other) {
    return new ApiClients(config, other, trust);
  }

  /** The trust in the server's certificate, over all of these clients. */
  public CertificateTrust trust() {
    return trust;
  }

  /** The server's URL. */
  public String server() {
    return config.get().getMasterUrl();
  }

  /** A client that writes whenever it is asked to; the caller closes it. */
  public KubernetesClient open(WatchAges ages) {
    return open(ages, () -> true);
  }

  /**
   * A client for steady work; the caller closes it, which cuts what is under way.
   *
   * @param ages learns of the client's watches
   * @param mayWrite asked before each write, also before each further attempt
   */
  public KubernetesClient open(WatchAges ages, BooleanSupplier mayWrite) {
    Config patient =
        new ConfigBuilder(config.get())
            .withConnectionTimeout(millis(CONNECT))
            .withRequestTimeout(millis(REQUEST))
            .withRequestRetryBackoffLimit(RETRIES)
            .withRequestRetryBackoffInterval(millis(RETRY_FIRST))
            .withWatchReconnectInterval(millis(WATCH_AGAIN))
            .withHttp2Disable(true)
            .build();
    return build(patient, ages, mayWrite);
  }

  /** A client for a Lease: it tries once, and not for long; the caller closes it. */
  public KubernetesClient openForLease() {
    return openOnce(PROMPT);
  }

  /** A client that tries once and says at once what is wrong; the caller closes it. */
  public KubernetesClient openForCheck() {
    return openOnce(REQUEST);
  }

  private KubernetesClient openOnce(Duration request) {
    Config once =
        new ConfigBuilder(config.get())
            .withConnectionTimeout(millis(CONNECT))
            .withRequestTimeout(millis(request))
            .withRequestRetryBackoffLimit(0)
            .withHttp2Disable(true)
            .build();
    return build(once, new WatchAges(), () -> true);
  }

  private KubernetesClient build(Config limited, WatchAges ages, BooleanSupplier mayWrite) {
    return new KubernetesClientBuilder()
        .withConfig(limited)
        .withHttpClientFactory(new ApiHttpClientFactory(limits, ages, mayWrite, trust))
        .withKubernetesSerialization(new TolerantSerialization())
        .build();
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }
}

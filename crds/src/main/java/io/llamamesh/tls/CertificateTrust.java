package io.llamamesh.tls;

import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trust in the certificate of the Kubernetes API: counts attempts that ended since it was not, and
 * logs when that begins and when it is over. Any thread may call.
 */
public final class CertificateTrust {
  /** Name of the counter in {@code /metrics}, as Micrometer has it; the same in all programs. */
  public static final String METRIC = "llamamesh.kubernetes.certificate.refusals";

  /** The counter's meaning. */
  public static final String DESCRIPTION =
      "Attempts to reach the Kubernetes API that ended since its certificate was not trusted";

  private static final Logger LOG = LoggerFactory.getLogger(CertificateTrust.class);

  /** Connections that were open before, or to another server of several, go on meanwhile. */
  private static final Duration OVER_AFTER = Duration.ofMinutes(1);

  private static final int MAX_CAUSES = 20;

  private final LongSupplier nanos;
  private final AtomicLong refusals = new AtomicLong();
  private volatile boolean refusing;
  private volatile long lastRefusal;

  /** Nothing is known so far. */
  public CertificateTrust() {
    this(System::nanoTime);
  }

  /**
   * The same by another clock.
   *
   * @param nanos a monotonic clock
   */
  CertificateTrust(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /**
   * An attempt failed; for whatever but the certificate nothing becomes of it.
   *
   * @param server its address, for the log
   */
  public void failed(String server, Throwable problem) {
    CertificateException why = refusal(problem);
    if (why == null) {
      return;
    }
    refusals.getAndIncrement();
    synchronized (this) {
      lastRefusal = nanos.getAsLong();
      if (!refusing) {
        refusing = true;
        LOG.warn(
            "certificate of the API server is not trusted server={} error=\"{}\"",
            server,
            why.getMessage());
      }
    }
  }

  /**
   * The API answered.
   *
   * @param server its address, for the log
   */
  public void answered(String server) {
    if (!refusing) {
      return;
    }
    synchronized (this) {
      if (refusing && nanos.getAsLong() - lastRefusal > OVER_AFTER.toNanos()) {
        refusing = false;
        LOG.info("certificate of the API server is trusted again server={}", server);
      }
    }
  }

  /** Attempts so far that ended since the certificate was not trusted. */
  public long refusals() {
    return refusals.get();
  }

  /** True when there was one within the last minute, or since then no answer. */
  public boolean isRefusing() {
    return refusing;
  }

  private static @Nullable CertificateException refusal(Throwable problem) {
    Throwable cause = problem;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
      if (cause instanceof CertificateException refused) {
        return refused;
      }
      cause = cause.getCause();
    }
    return null;
  }
}

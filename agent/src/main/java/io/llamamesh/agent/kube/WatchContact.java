package io.llamamesh.agent.kube;

import io.llamamesh.tls.CertificateTrust;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Age of the last contact with the API, or with a registry: how old the config can be at most. One
 * watch writes, any thread may read.
 */
public final class WatchContact {

  private static final double SECOND = 1e9;

  private final LongSupplier nanos;
  private final AtomicLong last;
  private final AtomicLong failures = new AtomicLong();
  private final CertificateTrust trust = new CertificateTrust();

  /**
   * A contact that begins now, without any answer so far.
   *
   * @param nanos a monotonic clock
   */
  public WatchContact(LongSupplier nanos) {
    this.nanos = nanos;
    this.last = new AtomicLong(nanos.getAsLong());
  }

  /** Seconds since the API last answered; since the start while it never did. */
  public double ageSeconds() {
    return (nanos.getAsLong() - last.get()) / SECOND;
  }

  /** Attempts that failed so far, and watches that fell silent. */
  public long failures() {
    return failures.get();
  }

  /** Attempts among them that ended since the API's certificate was not trusted. */
  public long certificateRefusals() {
    return trust.refusals();
  }

  /** Records an answer of the config's source. */
  public void answered() {
    last.set(nanos.getAsLong());
  }

  void answered(ApiAccess api) {
    answered();
    trust.answered(api.toString());
  }

  /** Records an attempt that failed, or a watch that fell silent. */
  public void failed() {
    failures.getAndIncrement();
  }

  void failed(ApiAccess api, IOException cause) {
    failed();
    trust.failed(api.toString(), cause);
  }
}

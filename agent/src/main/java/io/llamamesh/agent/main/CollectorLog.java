package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.CollectorListener;
import java.net.InetSocketAddress;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Logger of the collector's warnings; a failed collector ends the agent, so that it is restarted.
 */
final class CollectorLog implements CollectorListener {

  private static final Logger LOG = LoggerFactory.getLogger(CollectorLog.class);

  private final StopSignal stop;
  private final BooleanSupplier addressMissing;

  /**
   * A log.
   *
   * @param addressMissing an address to probe from is missing, which was logged already
   */
  CollectorLog(StopSignal stop, BooleanSupplier addressMissing) {
    this.stop = stop;
    this.addressMissing = addressMissing;
  }

  @Override
  public void targetSkipped(InetSocketAddress target, String className, String reason) {
    LOG.atLevel(addressMissing.getAsBoolean() ? Level.DEBUG : Level.WARN)
        .log("target skipped target={} class={} error={}", target, className, reason);
  }

  @Override
  public void unkeyedAnswer(InetSocketAddress target) {
    LOG.warn(
        "unkeyed answers ignored target={} remedy=\"give it the same --auth-dir, or mark the target"
            + " keyed: false\"",
        target);
  }

  @Override
  public void portsTaken(long total) {
    LOG.warn("source ports in use, taking others total={}", total);
  }

  @Override
  public void portsRenewed(int flows) {
    LOG.warn(
        "no target beyond this site answers though the registry does, probing from other source"
            + " ports: a router's address translation may lead nowhere flows={}",
        flows);
  }

  @Override
  public void clockStepped(long total) {
    LOG.info("wall clock stepped total={}", total);
  }

  @Override
  public void failed(Throwable cause) {
    LOG.error("collector thread failed", cause);
    stop.fail();
  }
}

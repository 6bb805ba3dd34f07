package io.llamamesh.registry.main;

import io.llamamesh.registry.directory.RegistrationReader;
import io.llamamesh.registry.directory.RegistryListener;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs changes: at most sixty lines a minute, the rest as a number. Calls come one at a time. */
final class RegistryLog implements RegistryListener {
  private static final Logger LOG = LoggerFactory.getLogger("registry");
  private static final int MAX_PER_MINUTE = 60;
  private static final long MINUTE = 60_000_000_000L;

  private final LongSupplier nanos;
  private long minuteBegan;
  private int lines;
  private int withheld;

  RegistryLog(LongSupplier nanos) {
    this.nanos = nanos;
    this.minuteBegan = nanos.getAsLong();
  }

  @Override
  public void joined(String group, String probe) {
    if (mayLog()) {
      LOG.info("probe joined group={} probe={}", clean(group), clean(probe));
    }
  }

  @Override
  public void expired(String group, String probe) {
    if (mayLog()) {
      LOG.info(
          "probe expired, its keepalive ran out group={} probe={}", clean(group), clean(probe));
    }
  }

  @Override
  public void displaced(String group, String probe, String winner, String what) {
    if (mayLog()) {
      LOG.warn(
          "probe displaced group={} probe={} by={} what={}; all: GET /api/v1/conflicts",
          clean(group),
          clean(probe),
          clean(winner),
          clean(what));
    }
  }

  @Override
  public void restored(String group, String probe) {
    if (mayLog()) {
      LOG.info("probe is served again group={} probe={}", clean(group), clean(probe));
    }
  }

  @Override
  public void restrictedToSite(String group, String probe, String seen) {
    if (mayLog()) {
      LOG.warn(
          "registered and seen address differ, only probes from there are told of it group={}"
              + " probe={} seen={}; to all: --allowed-networks",
          clean(group),
          clean(probe),
          seen);
    }
  }

  @Override
  public void registeredFromTwoPlaces(String group, String probe, String seen) {
    if (mayLog()) {
      LOG.warn(
          "one instance registers from two places, it stays at the last new one group={} probe={}"
              + " seen={}; two machines of one image have one 'instance' in their --state-dir",
          clean(group),
          clean(probe),
          seen);
    }
  }

  private boolean mayLog() {
    long now = nanos.getAsLong();
    if (now - minuteBegan >= MINUTE) {
      if (withheld > 0) {
        LOG.warn("more changes than are logged one by one count={}", withheld);
      }
      minuteBegan = now;
      lines = 0;
      withheld = 0;
    }
    if (lines >= MAX_PER_MINUTE) {
      withheld++;
      return false;
    }
    lines++;
    return true;
  }

  private static String clean(String text) {
    return RegistrationReader.clean(text);
  }
}

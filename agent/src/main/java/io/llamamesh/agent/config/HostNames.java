package io.llamamesh.agent.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolver of the host names in the running document. A name that is not found is resolved again
 * after one second, then two, up to a minute; one that is found once a minute, since its address
 * may change. Until then the last address stays: an outage of DNS must not blind the network
 * monitor. For all threads.
 */
public final class HostNames implements AutoCloseable {

  /** Lookup of all addresses of a name. */
  @FunctionalInterface
  public interface Lookup {
    InetAddress[] resolve(String name) throws UnknownHostException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(HostNames.class);
  private static final long SECOND = 1_000_000_000L;
  static final long RETRY_NANOS = 60 * SECOND;

  private final Lookup lookup;
  private final LongSupplier nanos;
  private final ExecutorService lookups = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Entry> entries = new HashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private @Nullable Thread thread;
  private boolean changed;
  private long failures;

  /** State of one name; guarded by this object. */
  private static final class Entry {
    @Nullable InetAddress address;
    boolean pending;
    int failed;
    long dueAt;
  }

  /**
   * A resolver that looks nothing up before {@link #follow}.
   *
   * @param nanos monotonic time
   */
  public HostNames(Lookup lookup, LongSupplier nanos) {
    this.lookup = lookup;
    this.nanos = nanos;
  }

  /** A resolver that asks the system's. */
  public static HostNames ofSystem() {
    return new HostNames(InetAddress::getAllByName, System::nanoTime);
  }

  /**
   * Replaces the names.
   *
   * @param patience how long new ones are waited for; what comes later is a change
   */
  public synchronized void follow(Set<String> names, Duration patience) {
    entries.keySet().retainAll(names);
    names.forEach(name -> entries.computeIfAbsent(name, this::newEntry));
    notifyAll();
    long until = nanos.getAsLong() + patience.toNanos();
    try {
      for (long left = patience.toNanos();
          hasUnresolved() && left > 0;
          left = until - nanos.getAsLong()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    changed = false;
  }

  private boolean hasUnresolved() {
    return entries.values().stream()
        .anyMatch(entry -> entry.pending && entry.failed == 0 && entry.address == null);
  }

  /** The address of a name that is followed; null when it is not known yet. */
  public synchronized @Nullable InetAddress address(String name) {
    Entry entry = entries.get(name);
    return entry == null ? null : entry.address;
  }

  /** Number of lookups that failed. */
  public synchronized long failures() {
    return failures;
  }

  /** Starts a thread that calls back whenever an address became known or changed. */
  public synchronized void start(Runnable onChange) {
    thread = Thread.ofPlatform().name("host-names").daemon(true).start(() -> run(onChange));
  }

  private void run(Runnable onChange) {
    try {
      while (hasNames() && !stop.await(1, TimeUnit.SECONDS)) {
        if (refresh()) {
          onChange.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until there are names; returns false when it is stopped before. */
  private synchronized boolean hasNames() throws InterruptedException {
    while (entries.isEmpty() && stop.getCount() > 0) {
      wait();
    }
    return stop.getCount() > 0;
  }

  /** Looks up names that are due; returns whether an address has changed since the last call. */
  synchronized boolean refresh() {
    long now = nanos.getAsLong();
    entries.forEach((name, entry) -> {
      if (!entry.pending && now - entry.dueAt >= 0) {
        lookUp(name, entry);
      }
    });
    boolean hasChanged = changed;
    changed = false;
    return hasChanged;
  }

  private Entry newEntry(String name) {
    Entry entry = new Entry();
    lookUp(name, entry);
    return entry;
  }

  private void lookUp(String name, Entry entry) {
    entry.pending = true;
    lookups.execute(() -> {
      try {
        found(name, entry, lookup.resolve(name));
      } catch (UnknownHostException | RuntimeException e) {
        notFound(name, entry, e);
      }
    });
  }

  private synchronized void found(String name, Entry entry, InetAddress[] addresses) {
    settle(entry, RETRY_NANOS);
    entry.failed = 0;
    InetAddress before = entry.address;
    // Of several addresses the present one stays: resolvers rotate them.
    if (addresses.length > 0 && !Arrays.asList(addresses).contains(before)) {
      entry.address = addresses[0];
      changed = true;
      LOG.info(
          "host name resolved name={} address={} before={}",
          name,
          addresses[0].getHostAddress(),
          before == null ? "none" : before.getHostAddress());
    }
  }

  private synchronized void notFound(String name, Entry entry, Exception cause) {
    if (entry.failed == 0) {
      LOG.warn("host name not resolved, retrying name={} error={}", name, cause.toString());
    }
    failures++;
    entry.failed = Math.min(entry.failed + 1, 7);
    settle(entry, Math.min(RETRY_NANOS, SECOND << (entry.failed - 1)));
  }

  private void settle(Entry entry, long again) {
    entry.pending = false;
    entry.dueAt = nanos.getAsLong() + again;
    notifyAll();
  }

  /** Stops lookups; one that is still running is not waited for. */
  @Override
  public void close() {
    stop.countDown();
    lookups.shutdownNow();
    Thread running;
    synchronized (this) {
      notifyAll();
      running = thread;
    }
    if (running != null) {
      try {
        running.join(TimeUnit.SECONDS.toMillis(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

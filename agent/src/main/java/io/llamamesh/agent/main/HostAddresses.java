package io.llamamesh.agent.main;

import io.llamamesh.agent.config.HostPresence;
import io.llamamesh.results.IpText;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Monitor of which addresses in {@code HOST_IPS} are on this host, every few seconds. One may
 * appear late (DHCP, duplicate address detection), and one may be out of date: a pod on the host
 * network keeps the addresses that its node had when it was made. An agent must not end for that,
 * and not hide it either.
 */
final class HostAddresses implements AutoCloseable {

  /** Listener of addresses that appear on this host; called again after one was missing. */
  interface AddressListener {
    void appeared(InetAddress address) throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(HostAddresses.class);
  private static final Duration INTERVAL = Duration.ofSeconds(3);

  private final List<InetAddress> wanted;
  private final HostPresence presence;
  private final Set<InetAddress> here = new HashSet<>();
  private final Thread thread;
  private volatile List<InetAddress> present = List.of();
  private volatile List<InetAddress> missing = List.of();
  private @Nullable AddressListener listener;

  private HostAddresses(List<InetAddress> wanted, HostPresence presence) {
    this.wanted = List.copyOf(wanted);
    this.presence = presence;
    this.thread = Thread.ofVirtual().name("host-addresses").unstarted(this::run);
  }

  /** A monitor after its first check. */
  static HostAddresses of(List<InetAddress> wanted, HostPresence presence) {
    HostAddresses addresses = new HostAddresses(wanted, presence);
    addresses.refresh();
    return addresses;
  }

  /** Addresses that were given explicitly and are not checked. */
  static HostAddresses given(List<InetAddress> addresses) {
    HostAddresses given = new HostAddresses(List.of(), address -> true);
    given.present = List.copyOf(addresses);
    return given;
  }

  /** Checks again until closed, and calls the listener for each address that appears. */
  void follow(AddressListener whoServes) {
    listener = whoServes;
    if (!wanted.isEmpty()) {
      thread.start();
    }
  }

  /** Addresses that are present. */
  List<InetAddress> present() {
    return present;
  }

  /** Returns whether one is missing. */
  boolean isMissing() {
    return !missing.isEmpty();
  }

  /** Problem and remedy in one sentence; null when all are present. */
  @Nullable String problem() {
    List<InetAddress> now = missing;
    return now.isEmpty()
        ? null
        : "HOST_IPS "
            + texts(now)
            + (now.size() == 1 ? " is" : " are")
            + " on no interface of this host; the node's address changed: the pod must be made anew";
  }

  private static String texts(List<InetAddress> addresses) {
    return addresses.stream().map(IpText::of).collect(Collectors.joining(", "));
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        refresh();
      }
    } catch (InterruptedException e) {
      // closed
    }
  }

  /** Checks all addresses once. */
  void refresh() {
    List<InetAddress> absent = new ArrayList<>();
    for (InetAddress address : wanted) {
      if (!isUsable(address)) {
        absent.add(address);
      }
    }
    boolean changed = !absent.equals(missing);
    missing = List.copyOf(absent);
    present = wanted.stream().filter(here::contains).toList();
    if (changed) {
      String problem = problem();
      if (problem == null) {
        LOG.info("all addresses present addresses=\"{}\"", texts(wanted));
      } else {
        LOG.warn("addresses missing error=\"{}\"", problem);
      }
    }
  }

  private boolean isUsable(InetAddress address) {
    try {
      if (!presence.isPresent(address)) {
        here.remove(address);
        return false;
      }
      if (!here.contains(address) && listener != null) {
        listener.appeared(address);
      }
      here.add(address);
    } catch (IOException e) {
      // Out of descriptors, perhaps: what was known goes on.
      LOG.warn("address not usable address={} error={}", IpText.of(address), e.toString());
    }
    return here.contains(address);
  }

  /** Stops the checks; returns when the listener is not called any more. */
  @Override
  public void close() {
    if (wanted.isEmpty()) {
      return; // it was never started
    }
    thread.interrupt();
    try {
      var _ = thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

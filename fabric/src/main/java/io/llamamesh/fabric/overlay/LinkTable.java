package io.llamamesh.fabric.overlay;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The links of one node, one that counts for each peer. Two nodes that dial each other at once get
 * two links for a moment and, without a word, agree on the one of whose name is smaller. A peer
 * that has lost a link and dials anew, or that has a new life, replaces the old one at once.
 *
 * <p>It relies on this order: the accepting side's link is up before the dialling side's.
 */
public final class LinkTable {

  /**
   * A link that is up.
   *
   * @param id the transport's number of it
   * @param peer who is at the other end, authenticated
   * @param incarnation the peer's life
   * @param outbound whether this node has dialled
   * @param nonce the dialling side's number of it, greater with each of its links
   * @param upAt when it was up
   */
  public record Link(
      long id, String peer, long incarnation, boolean outbound, long nonce, long upAt) {}

  /** The fate of a link that is up. */
  public enum Arbitration {
    /** It is the only one. */
    FIRST,
    /** It takes the place of one that was made at the same time; what was agreed on that holds. */
    PREFERRED,
    /** It takes the place of one that the peer has lost or had in an earlier life. */
    REPLACING,
    /** Another one is kept. */
    REDUNDANT,
    /** It is of an earlier life than one that is known. */
    STALE
  }

  private final String self;
  private final Map<String, Link> current = new LinkedHashMap<>();
  private final Map<Long, Link> all = new HashMap<>();
  private final Map<String, Long> lastInbound = new HashMap<>();
  private long lastNonce;

  /** An empty table. */
  public LinkTable(String self) {
    this.self = self;
  }

  /** The number of this node's next link. */
  public long nextNonce() {
    return ++lastNonce;
  }

  /** The number of the last link that the peer has dialled in this life and that was up, or 0. */
  public long lastInbound(String peer) {
    return lastInbound.getOrDefault(peer, 0L);
  }

  /** The link that counts. */
  public @Nullable Link current(String peer) {
    return current.get(peer);
  }

  /** A link by its number, superseded ones as well. */
  public @Nullable Link get(long id) {
    return all.get(id);
  }

  /** All that are open. */
  public Collection<Link> open() {
    return all.values();
  }

  /** True when the link is the one that counts. */
  public boolean isCurrent(Link link) {
    @Nullable Link counting = current.get(link.peer());
    return counting != null && counting.id() == link.id();
  }

  /**
   * Takes a link that is up.
   *
   * @param lastSeen which of this node's links the peer had last when it dialled, or 0
   */
  public Arbitration up(Link link, long lastSeen) {
    @Nullable Link old = current.get(link.peer());
    Arbitration arbitration = old == null ? Arbitration.FIRST : judge(old, link, lastSeen);
    if (arbitration == Arbitration.STALE) {
      return arbitration;
    }
    if (old != null && old.incarnation() < link.incarnation()) {
      lastInbound.remove(link.peer());
    }
    if (!link.outbound()) {
      lastInbound.put(link.peer(), link.nonce());
    }
    all.put(link.id(), link);
    if (arbitration != Arbitration.REDUNDANT) {
      current.put(link.peer(), link);
    }
    return arbitration;
  }

  private Arbitration judge(Link old, Link link, long lastSeen) {
    if (link.incarnation() != old.incarnation()) {
      return link.incarnation() > old.incarnation() ? Arbitration.REPLACING : Arbitration.STALE;
    }
    if (link.outbound() == old.outbound()) {
      return link.nonce() > old.nonce() ? Arbitration.REPLACING : Arbitration.REDUNDANT;
    }
    if (!link.outbound() && lastSeen >= old.nonce()) {
      return Arbitration.REPLACING; // it knew ours, and dialled
    }
    boolean ours = self.compareTo(link.peer()) < 0;
    return ours == link.outbound() ? Arbitration.PREFERRED : Arbitration.REDUNDANT;
  }

  /**
   * A link is down.
   *
   * @return the link if it was the one that counted
   */
  public @Nullable Link down(long id) {
    @Nullable Link link = all.remove(id);
    if (link == null || !isCurrent(link)) {
      return null;
    }
    current.remove(link.peer());
    return link;
  }

  /** Forgets what is remembered of peers that are not among these and have no link. */
  public void retain(Set<String> peers) {
    lastInbound.keySet().removeIf(peer -> !peers.contains(peer) && !current.containsKey(peer));
  }

  /** Forgets what is remembered of a peer that is gone. */
  public void forget(String peer) {
    lastInbound.remove(peer);
  }
}

package io.llamamesh.fabric;

import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateAdEntry;
import io.llamamesh.fabric.linkstate.LinkStateAdTable;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.routes.Reachability;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides what each member is held for. A member is up while somebody who is reachable hears it.
 * Who is heard by nobody is an orphan for a moment, in which those who hear it by probes can vouch
 * for it; after that it is failed, or cut off if there are others in the same position that were
 * linked to it, since these may hear it still.
 */
final class Membership {

  private static final long MS = 1_000_000L;

  /** Time for which an orphan waits for a voucher, beside the time that word takes. */
  private static final long GRACE = 150 * MS;

  /**
   * The same if nobody says that it is silent: links were closed on purpose, and it gets others.
   */
  private static final long UNACCUSED_GRACE = 5_000 * MS;

  /**
   * The same once nobody says any more that it is silent. Either they have judged it already, or
   * they hear it again and vouch for it within that time: an ad waits for up to a second.
   */
  private static final long WITHDRAWN_GRACE = 2_000 * MS;

  /** The same if this node itself has no link and hears others all the same. */
  private static final long BLOCKED_GRACE = 60_000 * MS;

  /** Evidence for an orphan may be so much older than the last word against it. */
  private static final long FRESH = 300 * MS;

  /** A member that is down and was heard here within that time is looked at again. */
  private static final long FRESHLY = 1_000 * MS;

  /** Vouchers wait up to so long for others to vouch. */
  private static final long VOUCH_SPREAD = 50 * MS;

  private static final long RECOMPUTE_EACH = 500 * MS;

  /** Where many are orphans at once, they are judged less often. */
  private static final long DECIDE_EACH = 60 * MS;

  /** Time for which a node that leaves is not called failed. */
  private static final long LEAVING_HOLDS = 120_000 * MS;

  /** Time for which who left must be up before it may leave for as long again. */
  private static final long LEAVES_ANEW = 10_000 * MS;

  /** Time after which it is of no more account when a node that is not up left. */
  private static final long LEAVES_KEPT = 24 * 3_600_000L * MS;

  /** Time without a link after which a member is called blocked. */
  private static final long BLOCKED_AFTER = 5_000 * MS;

  /** A member that was down for that long and is back has rows that are not taken back yet. */
  private static final long DOWN_FOR_LONG = 1_000 * MS;

  /** Time after which who is back hears those that it hears: it asked them once a second. */
  private static final long BACK = 1_500 * MS;

  /** Number of nodes that look after an orphan that nobody watches. */
  private static final double CHECKERS = 3;

  /** The owner of a membership. */
  interface Host {

    /** How this node hears a peer, null if it does not watch it. */
    @Nullable Hearing hearing(String peer);

    /** True when this node itself has heard a peer after a moment. */
    boolean hasHeardSince(String peer, long moment);

    /** Watches a peer for a while. */
    void check(String peer, long now);

    /** How long word takes to go through the mesh and back, in nanoseconds. */
    long roundTripAllowance(String peer);

    /** True when this node has no link and hears somebody all the same. */
    boolean isBlocked();

    /** The same, or somebody whose name is not proved yet answers this node's probes. */
    boolean isAnsweredWithoutLinks();

    /** True when this node's own config names a peer. */
    boolean isConfigured(String peer);

    /** Who is vouched for has changed. */
    void vouchesChanged();

    /** A member is held for something else. */
    void notify(Notification notification);
  }

  private static final class Orphan {
    final long since;
    boolean checked;
    long vouchAt = Long.MAX_VALUE;
    long withdrawnAt = Long.MAX_VALUE;

    Orphan(long since) {
      this.since = since;
    }
  }

  /** Since when a node has been leaving, however often that is said, and since when it is back. */
  private static final class Leave {
    final long since;
    long upSince = Long.MAX_VALUE;

    Leave(long since) {
      this.since = since;
    }
  }

  private final LinkStateAdTable table;
  private final LinkStateAdEntry own;
  private final Reachability reachability;
  private final RandomGenerator random;
  private final Host host;
  private @Nullable MemberState[] states = new MemberState[16];
  private final Map<LinkStateAdEntry, Orphan> orphans = new LinkedHashMap<>();
  private final Set<LinkStateAdEntry> accusers = new LinkedHashSet<>();
  private final Set<LinkStateAdEntry> vouchers = new LinkedHashSet<>();
  private final Set<LinkStateAdEntry> leaving = new LinkedHashSet<>();
  private final Map<LinkStateAdEntry, Leave> leaves = new LinkedHashMap<>();
  private final Set<LinkStateAdEntry> vouched = new LinkedHashSet<>();
  private final Map<LinkStateAdEntry, Long> linkless = new LinkedHashMap<>();
  private final Set<LinkStateAdEntry> blocked = new LinkedHashSet<>();
  private final List<LinkStateAdEntry> reached = new ArrayList<>();
  private final Map<LinkStateAdEntry, Long> downSince = new HashMap<>();
  private final Map<LinkStateAdEntry, Long> backSince = new HashMap<>();
  private long nextRecompute;
  private long nextSlowTick;
  private long nextDecision;
  private int upCount = 1;

  Membership(LinkStateAdTable table, LinkStateAdEntry own, RandomGenerator random, Host host) {
    this.table = table;
    this.own = own;
    this.reachability = new Reachability(own);
    this.random = random;
    this.host = host;
    setState(own, MemberState.UP);
  }

  @Nullable MemberState state(LinkStateAdEntry entry) {
    return entry.index() < states.length ? states[entry.index()] : null;
  }

  boolean isUp(LinkStateAdEntry entry) {
    return state(entry) == MemberState.UP;
  }

  int upCount() {
    return upCount;
  }

  boolean isReachable(LinkStateAdEntry entry) {
    return reachability.isReachable(entry);
  }

  boolean isOrphan(LinkStateAdEntry entry) {
    return orphans.containsKey(entry);
  }

  boolean isFabricBlocked(LinkStateAdEntry entry) {
    return blocked.contains(entry);
  }

  /** For whom this node vouches. */
  List<String> vouched() {
    List<String> names = new ArrayList<>();
    for (LinkStateAdEntry entry : vouched) {
      if (names.size() < LinkStateAd.MAX_VOUCHED) {
        names.add(entry.name());
      }
    }
    Collections.sort(names);
    return names;
  }

  /** An ad was replaced. */
  void adChanged(LinkStateAdEntry entry, @Nullable LinkStateAd before, long now) {
    LinkStateAd ad = entry.ad();
    if (ad == null) {
      return;
    }
    if (ad.unheard().isEmpty()) {
      accusers.remove(entry);
    } else {
      accusers.add(entry);
    }
    if (ad.vouched().isEmpty()) {
      vouchers.remove(entry);
    } else {
      vouchers.add(entry);
    }
    noteWithdrawn(entry, before, now);
    updateEdges(entry, ad, before, now);
    if (entry == own) {
      return;
    }
    if (ad.status() == Status.LEAVING) {
      leaving.add(entry);
    } else {
      leaving.remove(entry);
    }
    reevaluateState(entry, now);
  }

  /** Who has judged a member does not accuse it any more: that is no word for it. */
  private void noteWithdrawn(LinkStateAdEntry accuser, @Nullable LinkStateAd before, long now) {
    if (before == null || orphans.isEmpty() || !isWitness(accuser)) {
      return;
    }
    for (Unheard unheard : before.unheard()) {
      @Nullable LinkStateAdEntry target = table.get(unheard.node());
      @Nullable Orphan orphan = target == null ? null : orphans.get(target);
      if (orphan != null && unheard.hearing() == Hearing.SILENT) {
        orphan.withdrawnAt = now;
      }
    }
  }

  private void updateEdges(
      LinkStateAdEntry entry, LinkStateAd ad, @Nullable LinkStateAd before, long now) {
    List<LinkStateAdEntry> added = new ArrayList<>();
    for (int i = 0; i < entry.degree(); i++) {
      if (before == null || !before.neighbors().contains(entry.neighbor(i).name())) {
        added.add(entry.neighbor(i));
      }
    }
    for (int i = 0; i < entry.vouchedCount(); i++) {
      if (before == null || !before.vouched().contains(entry.vouched(i).name())) {
        added.add(entry.vouched(i));
      }
    }
    List<LinkStateAdEntry> removed = new ArrayList<>();
    if (before != null) {
      addRemoved(before.neighbors(), entry, removed);
      addRemoved(before.vouched(), entry, removed);
    }
    reachability.changed(entry, added, removed, reached);
    if (!removed.isEmpty() && !ad.unheard().isEmpty()) {
      nextRecompute = now; // somebody fell silent
    }
    for (LinkStateAdEntry each : reached) {
      reevaluateState(each, now);
    }
    reached.clear();
  }

  private void addRemoved(
      List<String> names, LinkStateAdEntry entry, List<LinkStateAdEntry> removed) {
    for (String name : names) {
      @Nullable LinkStateAdEntry other = table.get(name);
      if (other != null && !entry.isHearing(other)) {
        removed.add(other);
      }
    }
  }

  private void reevaluateState(LinkStateAdEntry entry, long now) {
    LinkStateAd ad = entry.ad();
    if (ad == null || entry == own) {
      return;
    }
    @Nullable MemberState state = state(entry);
    if (ad.status() == Status.FORGOTTEN && !host.isConfigured(entry.name())) {
      orphans.remove(entry);
      linkless.remove(entry);
      if (vouched.remove(entry)) {
        host.vouchesChanged();
      }
      change(entry, MemberState.FORGOTTEN);
    } else if (isLeaving(entry, ad, now)) {
      orphans.remove(entry);
      leaves.computeIfAbsent(entry, e -> new Leave(now)).upSince = Long.MAX_VALUE;
      change(entry, MemberState.LEFT);
    } else if (reachability.isReachable(entry)) {
      orphans.remove(entry);
      noteBack(entry, now);
      noteUp(entry, now);
      change(entry, MemberState.UP);
    } else if (state == null || state == MemberState.FORGOTTEN) {
      change(entry, MemberState.ABSENT);
    } else if (state == MemberState.UP || state == MemberState.LEFT) {
      orphans.putIfAbsent(entry, new Orphan(now));
    }
  }

  /** The word of leaving covers two minutes, and no more for being said again in a new life. */
  private boolean isLeaving(LinkStateAdEntry entry, LinkStateAd ad, long now) {
    @Nullable Leave leave = leaves.get(entry);
    return ad.status() == Status.LEAVING
        && now - entry.bornAt() < LEAVING_HOLDS
        && (leave == null || now - leave.since < LEAVING_HOLDS);
  }

  private void noteUp(LinkStateAdEntry entry, long now) {
    @Nullable Leave leave = leaves.get(entry);
    if (leave != null) {
      leave.upSince = Math.min(leave.upSince, now);
    }
  }

  /** The peers that this node's config names have changed: who is forgotten may be one of them. */
  void peersChanged(long now) {
    for (LinkStateAdEntry entry : table.entries()) {
      if (entry.isForgotten()) {
        reevaluateState(entry, now);
      }
    }
  }

  private void noteBack(LinkStateAdEntry entry, long now) {
    @Nullable Long down = downSince.remove(entry);
    if (down != null && now - down >= DOWN_FOR_LONG) {
      backSince.put(entry, now);
    }
  }

  /**
   * True when a member was down for long and is back since a moment: what it says that it does not
   * hear, and who says so of it, is of before. What comes and goes within a second was no fault.
   */
  boolean isJustBack(LinkStateAdEntry entry, long now) {
    @Nullable Long back = backSince.get(entry);
    if (back == null) {
      return false;
    }
    if (now - back >= BACK) {
      backSince.remove(entry);
      return false;
    }
    return true;
  }

  /** A node is taken out of the table. */
  void nodeGone(LinkStateAdEntry entry) {
    reachability.gone(entry);
    orphans.remove(entry);
    accusers.remove(entry);
    vouchers.remove(entry);
    leaving.remove(entry);
    leaves.remove(entry);
    vouched.remove(entry);
    linkless.remove(entry);
    blocked.remove(entry);
    downSince.remove(entry);
    backSince.remove(entry);
    @Nullable MemberState state = state(entry);
    if (state == MemberState.UP) {
      upCount--;
    }
    if (state != null) {
      states[entry.index()] = null;
    }
  }

  /** This node hears a peer that it holds for down. */
  void heard(LinkStateAdEntry entry, long now) {
    @Nullable MemberState state = state(entry);
    if (state != null
        && state != MemberState.UP
        && state != MemberState.LEFT
        && state != MemberState.FORGOTTEN
        && !reachability.isReachable(entry)) {
      orphans.putIfAbsent(entry, new Orphan(now));
    }
  }

  /**
   * This node does not hear a peer any more.
   *
   * @return whether it has vouched for it
   */
  boolean silent(LinkStateAdEntry entry) {
    boolean released = vouched.remove(entry);
    if (released) {
      host.vouchesChanged();
    }
    return released;
  }

  void tick(long now) {
    if (reachability.isDirty() && now >= nextRecompute) {
      nextRecompute = now + RECOMPUTE_EACH;
      List<LinkStateAdEntry> lost = new ArrayList<>();
      reachability.recompute(table.entries(), lost);
      for (LinkStateAdEntry entry : lost) {
        reevaluateState(entry, now);
      }
    }
    if (!orphans.isEmpty()) {
      judgeOrphans(now);
    }
    if (now >= nextSlowTick) {
      nextSlowTick = now + 500 * MS;
      slowTick(now);
    }
  }

  private void slowTick(long now) {
    for (LinkStateAdEntry entry : List.copyOf(leaving)) {
      @Nullable LinkStateAd ad = entry.ad();
      if (ad != null && state(entry) == MemberState.LEFT && !isLeaving(entry, ad, now)) {
        leaving.remove(entry);
        reevaluateState(entry, now);
      }
    }
    leaves
        .entrySet()
        .removeIf(each -> {
          boolean isUp = isUp(each.getKey());
          long upSince = each.getValue().upSince;
          return isUp
              ? upSince != Long.MAX_VALUE && now - upSince >= LEAVES_ANEW
              : now - each.getValue().since >= LEAVES_KEPT;
        });
    if (table.size() > upCount) {
      for (LinkStateAdEntry entry : table.entries()) {
        // Somebody who is down for all that others say, and answers here.
        if (!reachability.isReachable(entry) && host.hasHeardSince(entry.name(), now - FRESHLY)) {
          heard(entry, now);
        }
      }
    }
    boolean released = vouched.removeIf(this::isLinkedToOthers);
    if (released) {
      host.vouchesChanged();
    }
    // A vouch without a watch would outlive its member.
    for (LinkStateAdEntry entry : vouched) {
      host.check(entry.name(), now);
    }
    findLinkless(now);
    for (LinkStateAdEntry entry : List.copyOf(blocked)) {
      if (!linkless.containsKey(entry)) {
        blocked.remove(entry);
        host.notify(new Notification.FabricBlocked(entry.name(), false));
      }
    }
    for (Map.Entry<LinkStateAdEntry, Long> each : linkless.entrySet()) {
      if (now - each.getValue() >= BLOCKED_AFTER && blocked.add(each.getKey())) {
        host.notify(new Notification.FabricBlocked(each.getKey().name(), true));
      }
    }
  }

  /**
   * Those without a link are known by being vouched for. Who has none itself does not know who has,
   * only that its own port is blocked.
   */
  private void findLinkless(long now) {
    if (host.isAnsweredWithoutLinks()) {
      linkless.keySet().removeIf(entry -> entry != own);
      linkless.putIfAbsent(own, now);
      return;
    }
    linkless.remove(own);
    for (LinkStateAdEntry voucher : vouchers) {
      for (int i = 0; i < voucher.vouchedCount(); i++) {
        if (reachability.isReachable(voucher) && !isLinkedToOthers(voucher.vouched(i))) {
          linkless.putIfAbsent(voucher.vouched(i), now);
        }
      }
    }
    linkless.keySet().removeIf(entry -> !isUp(entry) || isLinkedToOthers(entry));
  }

  /** True when somebody reachable has a link to it, by the word of both. */
  private boolean isLinkedToOthers(LinkStateAdEntry entry) {
    for (int i = 0; i < entry.degree(); i++) {
      LinkStateAdEntry neighbor = entry.neighbor(i);
      if (reachability.isReachable(neighbor) && isNeighborOf(neighbor, entry)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNeighborOf(LinkStateAdEntry from, LinkStateAdEntry to) {
    for (int i = 0; i < from.degree(); i++) {
      if (from.neighbor(i) == to) {
        return true;
      }
    }
    return false;
  }

  private void judgeOrphans(long now) {
    boolean due = false;
    for (LinkStateAdEntry entry : List.copyOf(orphans.keySet())) {
      @Nullable Orphan orphan = orphans.get(entry);
      if (orphan == null) {
        continue;
      }
      if (reachability.isReachable(entry)) {
        orphans.remove(entry);
        reevaluateState(entry, now);
      } else if (isHeardHere(entry, orphan)) {
        vouch(entry, orphan, now);
      } else {
        orphan.vouchAt = Long.MAX_VALUE;
        due |= now - orphan.since >= GRACE || accusers.size() + 1 >= witnesses();
        if (!orphan.checked) {
          orphan.checked = true;
          if (host.hearing(entry.name()) != null || random.nextDouble() < CHECKERS / upCount) {
            host.check(entry.name(), now);
          }
        }
      }
    }
    if (due && (now >= nextDecision || orphans.size() <= 16)) {
      nextDecision = now + DECIDE_EACH;
      decide(now);
    }
  }

  private boolean isHeardHere(LinkStateAdEntry entry, Orphan orphan) {
    @Nullable Hearing hearing = host.hearing(entry.name());
    return hearing != null
        && hearing.isAlive()
        && (vouched.contains(entry) || host.hasHeardSince(entry.name(), orphan.since - FRESH));
  }

  private void vouch(LinkStateAdEntry entry, Orphan orphan, long now) {
    if (orphan.vouchAt == Long.MAX_VALUE) {
      orphan.vouchAt = now + random.nextLong(VOUCH_SPREAD);
    } else if (now >= orphan.vouchAt
        && vouched.size() < LinkStateAd.MAX_VOUCHED
        && vouched.add(entry)) {
      host.vouchesChanged();
    }
  }

  private void decide(long now) {
    boolean isBlocked = host.isBlocked();
    Set<LinkStateAdEntry> visited = new HashSet<>();
    Set<LinkStateAdEntry> refused = new HashSet<>();
    Set<LinkStateAdEntry> accused = new HashSet<>();
    Map<LinkStateAdEntry, Integer> silentTo = new HashMap<>();
    for (LinkStateAdEntry entry : orphans.keySet()) {
      @Nullable Hearing hearing = host.hearing(entry.name());
      accuse(entry, hearing, accused, refused);
      silentTo.merge(entry, hearing == Hearing.SILENT ? 1 : 0, Integer::sum);
    }
    for (LinkStateAdEntry accuser : accusers) {
      LinkStateAd ad = accuser.ad();
      if (ad != null && isWitness(accuser)) {
        for (Unheard unheard : ad.unheard()) {
          @Nullable LinkStateAdEntry target = table.get(unheard.node());
          if (target != null && orphans.containsKey(target)) {
            accuse(target, unheard.hearing(), accused, refused);
            boolean others = accuser != own && unheard.hearing() == Hearing.SILENT;
            silentTo.merge(target, others ? 1 : 0, Integer::sum);
          }
        }
      }
    }
    int witnesses = witnesses();
    Map<LinkStateAdEntry, List<LinkStateAdEntry>> links = linksAmongOrphans(refused);
    for (LinkStateAdEntry entry : List.copyOf(orphans.keySet())) {
      if (visited.contains(entry)) {
        continue;
      }
      List<LinkStateAdEntry> group = group(entry, links, visited);
      boolean isAccused = false;
      boolean isHeard = false;
      boolean isSilentToAll = group.size() == 1 && silentTo.getOrDefault(entry, 0) >= witnesses;
      long youngest = Long.MIN_VALUE;
      long withdrawnAt = Long.MAX_VALUE;
      long allowance = 0;
      for (LinkStateAdEntry each : group) {
        @Nullable Orphan orphan = orphans.get(each);
        if (orphan != null) {
          isAccused |= accused.contains(each);
          isHeard |= orphan.vouchAt != Long.MAX_VALUE;
          youngest = Math.max(youngest, orphan.since);
          withdrawnAt = Math.min(withdrawnAt, orphan.withdrawnAt);
          allowance = Math.max(allowance, host.roundTripAllowance(each.name()));
        }
      }
      long wait = isAccused ? GRACE + allowance : isBlocked ? BLOCKED_GRACE : UNACCUSED_GRACE;
      if (isSilentToAll) {
        wait = 0; // nobody is left who could vouch for it
      }
      boolean isWithdrawn = group.size() == 1 && !isBlocked && withdrawnAt < now - WITHDRAWN_GRACE;
      if (!isHeard && (now - youngest >= wait || isWithdrawn)) {
        for (LinkStateAdEntry each : group) {
          orphans.remove(each);
          downSince.putIfAbsent(each, now);
          change(
              each,
              refused.contains(each)
                  ? MemberState.AGENT_DOWN
                  : group.size() == 1 ? MemberState.FAILED : MemberState.CUT_OFF);
        }
      }
    }
  }

  /** True when a node's word counts: it is reachable, and it neither leaves nor has left. */
  private boolean isWitness(LinkStateAdEntry entry) {
    return isUp(entry) && reachability.isReachable(entry);
  }

  /** Number of nodes, this one included, that could hear an orphan. */
  private int witnesses() {
    int witnesses = upCount;
    for (LinkStateAdEntry orphan : orphans.keySet()) {
      witnesses -= isUp(orphan) ? 1 : 0;
    }
    return witnesses;
  }

  private static void accuse(
      LinkStateAdEntry entry,
      @Nullable Hearing hearing,
      Set<LinkStateAdEntry> accused,
      Set<LinkStateAdEntry> refused) {
    if (hearing == Hearing.SILENT || hearing == Hearing.REFUSED) {
      accused.add(entry);
    }
    if (hearing == Hearing.REFUSED) {
      refused.add(entry);
    }
  }

  /** Who of them was linked to whom; whose agent is down cannot hear anybody. */
  private Map<LinkStateAdEntry, List<LinkStateAdEntry>> linksAmongOrphans(
      Set<LinkStateAdEntry> refused) {
    Map<LinkStateAdEntry, List<LinkStateAdEntry>> links = new HashMap<>();
    for (LinkStateAdEntry entry : orphans.keySet()) {
      for (int i = 0; i < entry.degree(); i++) {
        LinkStateAdEntry other = entry.neighbor(i);
        if (orphans.containsKey(other) && !refused.contains(entry) && !refused.contains(other)) {
          links.computeIfAbsent(entry, e -> new ArrayList<>()).add(other);
          links.computeIfAbsent(other, e -> new ArrayList<>()).add(entry);
        }
      }
    }
    return links;
  }

  private static List<LinkStateAdEntry> group(
      LinkStateAdEntry start,
      Map<LinkStateAdEntry, List<LinkStateAdEntry>> links,
      Set<LinkStateAdEntry> visited) {
    List<LinkStateAdEntry> group = new ArrayList<>();
    ArrayDeque<LinkStateAdEntry> queue = new ArrayDeque<>();
    visited.add(start);
    queue.add(start);
    while (!queue.isEmpty()) {
      LinkStateAdEntry entry = queue.remove();
      group.add(entry);
      for (LinkStateAdEntry other : links.getOrDefault(entry, List.of())) {
        if (visited.add(other)) {
          queue.add(other);
        }
      }
    }
    return group;
  }

  private void change(LinkStateAdEntry entry, MemberState after) {
    @Nullable MemberState before = state(entry);
    if (before == after) {
      return;
    }
    setState(entry, after);
    upCount += (after == MemberState.UP ? 1 : 0) - (before == MemberState.UP ? 1 : 0);
    host.notify(new Notification.MemberChanged(entry.name(), entry.incarnation(), before, after));
  }

  private void setState(LinkStateAdEntry entry, MemberState state) {
    if (entry.index() >= states.length) {
      states = Arrays.copyOf(states, Math.max(entry.index() + 1, states.length * 2));
    }
    states[entry.index()] = state;
  }
}

package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import io.llamamesh.results.WindowCursor;
import io.llamamesh.scraper.cluster.AgentEndpoint;
import io.llamamesh.scraper.cluster.Bookmark;
import io.llamamesh.scraper.matrix.AgentHealth;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Agents that post all of their windows, behind address translation: who may, up to which window
 * each is stored, and whether it reports.
 *
 * <p>Guarantees: a page that was stored is not stored again while its position is known; where it
 * is not, after a crash, the same points are written once more, which changes nothing. An agent
 * speaks for itself only: points of another source are dropped. Thread-safe; no call does I/O.
 */
final class PushedAgents {
  /** Prefix of their bookmarks: no polled agent has such a name. */
  private static final String BOOKMARK = "push:";

  /** Most agents; the oldest without a recent post makes room. */
  static final int MAX_AGENTS = 2_000;

  private static final Duration FORGOTTEN_AFTER = Duration.ofHours(1);
  private static final int LATE_INTERVALS = 3;

  /** Spread of posts at the agent, and a retry. */
  private static final Duration ALLOWANCE = Duration.ofSeconds(5);

  /**
   * Pages of which the one that came fastest tells the agent's clock: delay only lowers the skew.
   */
  private static final int SKEWS = 4;

  /**
   * No post is under way for longer, as agents give up after ten seconds: the clock was set back.
   */
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(15);

  private final Duration interval;
  private final PullCounters counters;
  private final InstantSource clock;
  private final Map<String, PushedAgent> agents = new TreeMap<>();
  private final Map<String, Bookmark> restored = new HashMap<>();
  private Set<String> listed = Set.of();
  private boolean acceptsUnlisted;
  private boolean isLeader = true;

  /** An agent. Guarded by the outer object's lock. */
  private static final class PushedAgent {
    private final String name;
    private final SkewCorrection skew = new SkewCorrection();
    private final Deque<Duration> skews = new ArrayDeque<>();
    private final PullSchedule schedule;
    private final PageAdmission admission;
    private String address;
    private @Nullable WindowCursor stored;
    private @Nullable Instant lastPost;
    private @Nullable Instant lastWindow;
    private @Nullable String problem;

    PushedAgent(String name, String address, PullSchedule schedule, PageAdmission admission) {
      this.name = name;
      this.address = address;
      this.schedule = schedule;
      this.admission = admission;
    }

    /** The largest of the last skews, with one more; null where none was measured. */
    @Nullable Duration skew(@Nullable Duration measured) {
      if (measured == null) {
        return null;
      }
      skews.removeIf(earlier -> earlier.minus(LONGEST_DELAY).compareTo(measured) > 0);
      if (skews.size() == SKEWS) {
        skews.removeFirst();
      }
      skews.addLast(measured);
      return Collections.max(skews);
    }

    /** Takes over a position, unless its own is later. */
    void adopt(Bookmark bookmark) {
      WindowCursor other = bookmark.cursor();
      WindowCursor own = stored;
      if (own == null
          || !own.bootId().equals(other.bootId())
          || own.sequence() < other.sequence()) {
        stored = other;
        skew.adopt(bookmark.clockOffset());
      }
    }
  }

  /**
   * @param interval length of a window until one was received
   * @param counters count what is left out
   */
  PushedAgents(Duration interval, PullCounters counters, InstantSource clock) {
    this.interval = interval;
    this.counters = counters;
    this.clock = clock;
  }

  /** Takes over positions that were saved, also those of agents that posted here before. */
  synchronized void restore(Map<String, Bookmark> bookmarks) {
    Instant now = clock.instant();
    bookmarks.forEach((saved, bookmark) -> {
      if (saved.startsWith(BOOKMARK)) {
        String name = saved.substring(BOOKMARK.length());
        PushedAgent known = agents.get(name);
        if (known != null) {
          known.adopt(bookmark);
        } else {
          restored.put(name, bookmark.goneSince() == null ? bookmark.withGoneSince(now) : bookmark);
        }
      }
    });
    if (restored.size() > MAX_AGENTS) {
      restored.entrySet().stream()
          .sorted(Comparator.comparing(entry -> goneSince(entry.getValue())))
          .limit(restored.size() - MAX_AGENTS)
          .map(Map.Entry::getKey)
          .toList()
          .forEach(restored::remove);
    }
  }

  private static Instant goneSince(Bookmark bookmark) {
    Instant since = bookmark.goneSince();
    return since == null ? Instant.MAX : since;
  }

  /** Sets the agents that are listed as pushing. */
  synchronized void setListed(List<AgentEndpoint> pushing) {
    listed = pushing.stream().map(AgentEndpoint::name).collect(Collectors.toUnmodifiableSet());
    for (AgentEndpoint endpoint : pushing) {
      PushedAgent agent = find(endpoint.name());
      if (agent != null) {
        agent.address = endpoint.addresses().getFirst().toString();
      }
    }
    if (!acceptsUnlisted) {
      agents.keySet().retainAll(listed);
    }
  }

  /** Accepts posts of agents that nobody lists. */
  synchronized void acceptUnlisted() {
    acceptsUnlisted = true;
  }

  /** Sets whether this scraper leads: only the leader stores. */
  synchronized void setLeader(boolean leads) {
    isLeader = leads;
  }

  /** Reason why a post of that agent is not accepted now; null if it is. */
  synchronized @Nullable String refusal(String name) {
    if (!isLeader) {
      return "another scraper leads and stores";
    }
    if (!acceptsUnlisted && !listed.contains(name)) {
      return "the registry does not list '" + name + "' as an agent that pushes";
    }
    return find(name) == null ? "more than " + MAX_AGENTS + " agents push" : null;
  }

  private @Nullable PushedAgent find(String name) {
    PushedAgent known = agents.get(name);
    if (known != null) {
      return known;
    }
    if (agents.size() >= MAX_AGENTS) {
      Instant now = clock.instant();
      agents.values().removeIf(agent -> !listed.contains(agent.name) && isForgotten(agent, now));
      if (agents.size() >= MAX_AGENTS) {
        return null;
      }
    }
    PushedAgent fresh =
        new PushedAgent(
            name, "", new PullSchedule(interval, name), new PageAdmission(counters, clock));
    Bookmark from = restored.remove(name);
    if (from != null) {
      fresh.adopt(from);
    }
    agents.put(name, fresh);
    return fresh;
  }

  private static boolean isForgotten(PushedAgent agent, Instant now) {
    return agent.lastPost == null || agent.lastPost.isBefore(now.minus(FORGOTTEN_AFTER));
  }

  /** True if the store has a page up to that cursor. */
  synchronized boolean isStored(String name, WindowCursor cursor) {
    PushedAgent agent = find(name);
    WindowCursor stored = agent == null ? null : agent.stored;
    return stored != null
        && stored.bootId().equals(cursor.bootId())
        && stored.sequence() >= cursor.sequence();
  }

  /**
   * The page with times by our clock, without points of other sources and those beyond the agent's
   * quota; both are counted.
   */
  synchronized Page admit(String name, Page page) {
    PushedAgent agent = find(name);
    if (agent == null) {
      return page.withPoints(List.of());
    }
    List<Point> own = page.points().stream().filter(PointRights.ofSelf(name)::includes).toList();
    counters.countMalformed(page.malformed() + page.points().size() - own.size());
    Page measured =
        new Page(own, page.cursor(), page.more(), agent.skew(page.skew()), page.malformed());
    return agent.skew.correct(agent.admission.admit(measured), agent.schedule.interval());
  }

  /** Skew of the agent's clock that is left in corrected times. */
  synchronized Duration residual(String name) {
    PushedAgent agent = find(name);
    return agent == null ? Duration.ZERO : agent.skew.residual();
  }

  /**
   * Records that a page is stored.
   *
   * @param windows number of windows that it had
   * @param page as it was stored, with its cursor
   * @param address that it came from
   */
  synchronized void recordStored(
      String name, WindowCursor cursor, int windows, Page page, String address) {
    PushedAgent agent = find(name);
    if (agent == null) {
      return;
    }
    WindowCursor before = agent.stored;
    if (before != null && before.bootId().equals(cursor.bootId())) {
      long gap = cursor.sequence() - windows - before.sequence();
      if (gap > 0) {
        counters.countMissed(gap);
      }
    }
    agent.stored = cursor;
    agent.address = address;
    recordAnswer(agent);
    TreeSet<Instant> ends = new TreeSet<>();
    page.points().forEach(point -> ends.add(point.time()));
    counters.countAnswer(page.points().size(), ends.size(), 0);
    Duration residual = agent.skew.residual();
    ends.forEach(end -> agent.schedule.recordWindow(end.minus(residual)));
    if (!ends.isEmpty() && (agent.lastWindow == null || ends.last().isAfter(agent.lastWindow))) {
      agent.lastWindow = ends.last();
    }
  }

  /** Records a page that was stored before, or could not be stored now. */
  synchronized void recordPost(String name, @Nullable String problem) {
    PushedAgent agent = find(name);
    if (agent != null) {
      recordAnswer(agent);
      agent.problem = problem;
    }
  }

  private void recordAnswer(PushedAgent agent) {
    agent.lastPost = clock.instant();
    agent.problem = null;
  }

  /** Health of each agent that pushes, or is listed as one that does. */
  synchronized List<AgentHealth> health() {
    Instant now = clock.instant();
    List<AgentHealth> health = new ArrayList<>();
    agents.values().removeIf(agent -> !listed.contains(agent.name) && isForgotten(agent, now));
    agents.values().forEach(agent -> health.add(health(agent, now)));
    return health;
  }

  private static AgentHealth health(PushedAgent agent, Instant now) {
    Duration allowed =
        agent
            .schedule
            .interval()
            .multipliedBy(LATE_INTERVALS)
            .plus(PullSchedule.PUBLISH_DELAY)
            .plus(ALLOWANCE);
    Instant agentNow = now.plus(agent.skew.residual());
    Instant window = agent.lastWindow;
    Instant post = agent.lastPost;
    boolean inFuture = window != null && window.isAfter(agentNow.plus(allowed));
    boolean posts = post != null && post.isAfter(now.minus(allowed));
    boolean reporting =
        window != null && !inFuture && posts && window.isAfter(agentNow.minus(allowed));
    String reason = agent.problem;
    if (!reporting && reason == null) {
      if (post == null) {
        reason = "has not posted a window yet";
      } else if (inFuture) {
        reason = "stamps its windows with future times";
      } else {
        reason = posts ? "posts no new windows" : "has not posted lately";
      }
    }
    return new AgentHealth(
        agent.name,
        agent.address,
        reporting,
        post,
        window,
        reporting ? null : reason,
        agent.skew.skew().toMillis());
  }

  /**
   * Positions to be saved, under names that no polled agent has.
   *
   * @param retention how long that of an agent is kept that posts no more
   */
  synchronized Map<String, Bookmark> bookmarks(Duration retention) {
    Map<String, Bookmark> bookmarks = new HashMap<>();
    Instant oldest = clock.instant().minus(retention);
    restored.values().removeIf(bookmark -> goneSince(bookmark).isBefore(oldest));
    restored.forEach((name, bookmark) -> bookmarks.put(BOOKMARK + name, bookmark));
    agents
        .values()
        .forEach(agent -> {
          if (agent.stored != null) {
            bookmarks.put(
                BOOKMARK + agent.name, new Bookmark(agent.stored, agent.skew.offset(), null));
          }
        });
    return bookmarks;
  }

  /** True if a saved bookmark is of an agent that pushes. */
  static boolean isBookmark(String name) {
    return name.startsWith(BOOKMARK);
  }
}

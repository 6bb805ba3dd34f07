package io.llamamesh.testkit.store;

import io.llamamesh.testkit.store.FakeStoreServer.Reply;
import io.llamamesh.testkit.store.FakeStoreServer.Reply.Ending;
import io.llamamesh.testkit.store.FakeStoreServer.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Simulated HTTP answers of a store with changing states: every kind of refusal, no answer, and
 * acceptance without an answer. Each state lasts at least two requests of the same client, which is
 * identified by the database or bucket. Some lines it never accepts. It never acknowledges lines
 * that it does not have. Seeded.
 */
public final class SimulatedStoreScript implements FakeStoreServer.Script {
  private static final int WELL_AT_FIRST = 20;
  private static final int NARROW = 3;

  private final Random random;
  private final Function<String, Fault> faults;
  private final Set<String> taken = ConcurrentHashMap.newKeySet();
  private final Map<String, Client> clients = new HashMap<>();
  private boolean recovered;

  /** What is wrong with a line. */
  public enum Fault {
    NONE,
    REFUSED,
    DROPPED,
    FAILS
  }

  /**
   * A store that is well at first.
   *
   * @param faults what is wrong with a line
   */
  public SimulatedStoreScript(Random random, Function<String, Fault> faults) {
    this.random = random;
    this.faults = faults;
  }

  /** One client's view of the store. */
  private static final class Client {
    private State state = State.WELL;
    private int remaining = WELL_AT_FIRST;
  }

  private enum State {
    WELL,
    REFUSES_ALL,
    FAILS_ALL,
    IS_AWAY,
    REDIRECTS,
    SHOWS_A_PAGE,
    HANGS,
    RESETS,
    TAKES_AND_HANGS,
    TAKES_AND_RESETS,
    TAKES_AND_FAILS,
    TAKES_AND_BREAKS_OFF,
    NARROW,
    ENDLESS
  }

  /** All lines that it has. */
  public Set<String> taken() {
    return taken;
  }

  /** It is well from now on. */
  public synchronized void recover() {
    recovered = true;
  }

  @Override
  public synchronized Reply answer(Request request) {
    if (!request.isWrite()) {
      return Reply.of(200, "{\"results\":[{\"statement_id\":0}]}");
    }
    Client client =
        clients.computeIfAbsent(
            request.target().replaceFirst(".*(db|bucket)=", ""), name -> new Client());
    if (--client.remaining < 0) {
      State[] states = State.values();
      client.state = random.nextBoolean() ? State.WELL : states[random.nextInt(states.length)];
      client.remaining = 2 + random.nextInt(client.state == State.WELL ? 30 : 8);
    }
    List<String> lines = request.lines();
    return switch (recovered ? State.WELL : client.state) {
      case WELL -> judge(lines);
      case REFUSES_ALL -> Reply.of(one(400, 422), "wrong protocol");
      case FAILS_ALL -> Reply.of(one(500, 502, 504, 599), "{\"error\":\"panic\"}");
      case IS_AWAY ->
          Reply.of(one(401, 403, 404, 429, 503), "database not found", "Retry-After: 2");
      case REDIRECTS -> Reply.of(one(301, 302, 303, 307, 308), "", "Location: /login");
      case SHOWS_A_PAGE -> Reply.of(200, "<html><title>Log in</title></html>");
      case HANGS -> Reply.begun(random.nextBoolean() ? "" : "HTTP/1.1 20", Ending.HANGS);
      case RESETS -> Reply.begun("", Ending.RESET);
      case TAKES_AND_HANGS -> {
        judge(lines);
        yield Reply.begun("", Ending.HANGS);
      }
      case TAKES_AND_RESETS -> {
        judge(lines);
        yield Reply.begun("", Ending.RESET);
      }
      case TAKES_AND_FAILS -> {
        judge(lines);
        yield Reply.of(one(500, 503), "timeout");
      }
      case TAKES_AND_BREAKS_OFF -> {
        judge(lines);
        yield Reply.begun("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", Ending.RESET);
      }
      case NARROW -> lines.size() > NARROW ? Reply.of(413, "too large") : judge(lines);
      case ENDLESS -> Reply.begun("HTTP/1.1 503 No\r\n\r\n", Ending.ENDLESS);
    };
  }

  private int one(int... statuses) {
    return statuses[random.nextInt(statuses.length)];
  }

  private Reply judge(List<String> lines) {
    List<String> good = new ArrayList<>();
    int refused = 0;
    int dropped = 0;
    for (String line : lines) {
      switch (faults.apply(line)) {
        case NONE -> good.add(line);
        case REFUSED -> refused++;
        case DROPPED -> dropped++;
        case FAILS -> {
          return Reply.of(500, "{\"error\":\"panic on a line\"}");
        }
      }
    }
    if (refused > 0) {
      return Reply.of(400, "{\"error\":\"unable to parse\"}");
    }
    taken.addAll(good);
    return dropped > 0
        ? Reply.of(
            one(400, 422, 500),
            "{\"error\":\"partial write: points beyond retention policy dropped=" + dropped + "\"}")
        : Reply.of(one(200, 204), "");
  }
}

package io.llamamesh.bench.attack;

import java.io.IOException;
import java.time.Instant;

/**
 * One way to harm a mesh. For every attack no process may end or outgrow its memory limit, and no
 * window may be missing or stored with two contents once it is over.
 */
interface Attack {

  /** A word or two with hyphens, for {@code --rows} and the table. */
  String name();

  /** What must hold beside what must hold always; one line. */
  String mustHold();

  /**
   * Returns whether the verdict must be right while it goes on, too. It cannot be where scrapers
   * are kept from the agents.
   */
  default boolean leavesVerdict() {
    return true;
  }

  /** Returns why it cannot be done here; empty where it can. */
  default String obstacle() {
    return "";
  }

  /**
   * Attacks until an instant.
   *
   * @return what was tried, and what did not hold
   */
  Attempted run(AttackedMesh mesh, Instant end) throws IOException, InterruptedException;

  /**
   * Outcome of an attack, seen by the attacker.
   *
   * @param tries datagrams, connections, requests or answers
   * @param figures in words, such as {@code 60 of 60 posts refused}
   * @param failure what did not hold; empty where all did
   */
  record Attempted(long tries, String figures, String failure) {

    /** One after which all held. */
    static Attempted held(long tries, String figures) {
      return new Attempted(tries, figures, "");
    }

    /** One that holds under a condition. */
    static Attempted when(boolean held, long tries, String figures) {
      return new Attempted(tries, figures, held ? "" : figures);
    }
  }
}

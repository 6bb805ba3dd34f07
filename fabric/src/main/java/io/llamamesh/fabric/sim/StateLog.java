package io.llamamesh.fabric.sim;

import static io.llamamesh.fabric.sim.Simulation.MS;

import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.Notification;
import io.llamamesh.fabric.Notification.MemberChanged;
import io.llamamesh.fabric.sim.Simulation.Listener;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** What was said of members, by whom and when. */
public final class StateLog implements Listener {

  /** States that say that something is wrong. */
  public static final Set<MemberState> DOWN =
      EnumSet.of(MemberState.FAILED, MemberState.CUT_OFF, MemberState.AGENT_DOWN);

  /** One word. */
  public record Word(long at, String by, Notification notification) {
    @Override
    public String toString() {
      return at / MS + " ms " + by + ": " + notification;
    }
  }

  private final Simulation sim;
  private final List<Word> words = new ArrayList<>();

  public StateLog(Simulation sim) {
    this.sim = sim;
    sim.listen(this);
  }

  @Override
  public void notified(SimulatedNode node, Notification notification) {
    if (!(notification instanceof Notification.RoutesChanged)) {
      words.add(new Word(sim.now(), node.name(), notification));
    }
  }

  public void clear() {
    words.clear();
  }

  public List<Word> words() {
    return words;
  }

  /** All words by which a member was held for down. */
  public List<Word> down() {
    return down(name -> true);
  }

  /** Those of members of some kind. */
  public List<Word> down(Predicate<String> names) {
    return words.stream()
        .filter(word ->
            word.notification() instanceof MemberChanged changed
                && DOWN.contains(changed.after())
                && names.test(changed.name()))
        .toList();
  }

  /** All words of one kind. */
  public List<Word> of(Class<? extends Notification> kind) {
    return words.stream().filter(word -> kind.isInstance(word.notification())).toList();
  }
}

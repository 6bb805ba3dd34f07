package io.llamamesh.e2e.row;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Schedule of a storm, from a seed: an event begins each minute, unless the one before takes
 * longer. Every kind has been before one comes again.
 */
final class StormSchedule {
  private static final int CHOICES = 1000;

  private StormSchedule() {}

  /** The events of a storm, in their order; the last ends within the storm. */
  static List<StormEvent> of(long seed, int minutes) {
    // Specified to the bit, unlike others, so that a seed means the same everywhere.
    Random random = new Random(seed);
    List<StormEvent> events = new ArrayList<>();
    List<StormEvent.Kind> bag = new ArrayList<>();
    int at = 0;
    while (at < minutes) {
      if (bag.isEmpty()) {
        bag.addAll(List.of(StormEvent.Kind.values()));
        Collections.shuffle(bag, random);
      }
      StormEvent.Kind kind = bag.removeLast();
      StormEvent event =
          new StormEvent(
              kind,
              Duration.ofMinutes(at),
              Duration.ofSeconds(random.nextInt(kind.shortest(), kind.longest() + 1)),
              random.nextInt(CHOICES));
      // Of what is too long for the rest there are shorter ones in each bag.
      if (at + event.minutes() <= minutes) {
        events.add(event);
        at += event.minutes();
      }
    }
    return List.copyOf(events);
  }
}

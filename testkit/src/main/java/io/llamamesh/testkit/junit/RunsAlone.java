package io.llamamesh.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A test class that has the machine to itself: it measures time, or it keeps all processors busy.
 * {@code ./llama-mesh test} runs it after those that it runs side by side, by its tag.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Isolated
@Tag(RunsAlone.TAG)
public @interface RunsAlone {
  /** What {@code ./llama-mesh test} selects by. */
  String TAG = "alone";

  /** The reason why it must be alone. */
  String value();
}

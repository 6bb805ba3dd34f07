package io.llamamesh.agent.main;

import io.llamamesh.agent.net.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of the addresses that a program binds, and errors of usage. */
final class BindOptions {

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      split = ",",
      description = "Local addresses for probes and API, several with commas (default: all).")
  private List<String> bind = new ArrayList<>();

  /**
   * The addresses.
   *
   * @param otherwise comma-separated addresses for when the option is not given
   */
  List<InetAddress> addresses(@Nullable String otherwise) {
    String text = bind.isEmpty() && otherwise != null && !otherwise.isBlank() ? otherwise : null;
    try {
      return BindAddresses.parse(text == null ? bind : List.of(text.split(",", -1)));
    } catch (IllegalArgumentException e) {
      throw usageError((text == null ? "--bind " : "HOST_IPS ") + e.getMessage());
    }
  }

  /** Returns whether the option was given. */
  boolean isGiven() {
    return !bind.isEmpty();
  }

  void checkPort(String option, int value) {
    if (value < 0 || value > 65535) {
      throw usageError(option + " must be from 0 to 65535, was " + value);
    }
  }

  /** Parses blocks of addresses of an option. */
  List<Cidr> parseCidrs(String option, List<String> texts) {
    try {
      return texts.stream().map(Cidr::parse).toList();
    } catch (IllegalArgumentException e) {
      throw usageError(option + ": " + e.getMessage());
    }
  }

  ParameterException usageError(String message) {
    if (spec == null) {
      throw new IllegalStateException(message);
    }
    return new ParameterException(spec.commandLine(), message);
  }
}

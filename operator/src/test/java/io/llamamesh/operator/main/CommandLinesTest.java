package io.llamamesh.operator.main;

import io.llamamesh.testkit.junit.CommandLineRules;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(OperatorMain::commandLine, "llama-mesh operator", "llama-mesh import");
  }
}

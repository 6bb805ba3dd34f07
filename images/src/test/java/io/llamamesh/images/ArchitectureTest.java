package io.llamamesh.images;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.llamamesh.images",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule nothingImportsMain =
      noClasses()
          .that()
          .resideOutsideOfPackage("..main..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.llamamesh.images.main..");

  @ArchTest
  static final ArchRule imagesAreMadeOfFilesNotOfOurOtherClasses =
      classes()
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "picocli..",
              "org.jspecify..",
              "com.google.cloud.tools.jib..",
              "com.fasterxml.jackson..",
              "org.apache.commons.compress..",
              "io.llamamesh.images..");
}

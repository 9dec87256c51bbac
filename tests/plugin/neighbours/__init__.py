"""Beside other plugins and libraries: nobody disturbs anybody."""

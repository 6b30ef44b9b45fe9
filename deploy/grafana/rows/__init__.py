"""One file for each row of panels; `row()` of each is put into a dashboard."""
